#pragma once

#include <string>
#include <tl/expected.hpp>

namespace rolecall {

/// An expected failure: what happened and what to do about it, in words for people.
///
/// Both texts are plain (not yet escaped for a terminal): whoever prints them escapes them.
/// `hint` may be empty. Programming errors and a lost machine are exceptions, never an Error.
struct Error {
  std::string what;
  std::string hint;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string what, std::string hint = {}) {
  return tl::make_unexpected(Error{std::move(what), std::move(hint)});
}

}  // namespace rolecall
