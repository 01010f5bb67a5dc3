#pragma once

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/reader.h"

namespace rolecall {

/// The directory that `scope` means. Error: there is none, or more than one could be meant.
[[nodiscard]] Result<Directory> find_directory(Reader& reader, const Endpoints& endpoints,
                                               const FetchScope& scope);

/// What to look at where a call that every command begins with has failed so.
[[nodiscard]] std::string hint_for_first_call(const std::string& problem,
                                              const std::string& organization);

}  // namespace rolecall
