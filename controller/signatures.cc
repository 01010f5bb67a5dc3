#include "controller/signatures.h"

#include <fmt/format.h>

#include "controller/child.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr const char* kProgram = "ssh-keygen";
constexpr const char* kNamespace = "rolecall-audit";
// Where run_child puts the signature for ssh-keygen, which wants a file.
constexpr const char* kSignatureFile = "/dev/fd/3";

std::string first_line(std::string_view text) {
  const std::string_view trimmed = trim_ascii(text);
  return std::string(trim_ascii(trimmed.substr(0, trimmed.find('\n'))));
}

tl::unexpected<Error> refused(std::string_view what, const ChildResult& result) {
  const std::string said = first_line(result.err.empty() ? result.out : result.err);
  return fail(fmt::format("{}: {}: {}", what, kProgram, said.empty() ? "no reason given" : said));
}

}  // namespace

Result<std::string> sign(const std::string& key, const std::string& message) {
  const auto result = run_child({kProgram, "-Y", "sign", "-n", kNamespace, "-f", key}, message);
  if (!result) return tl::make_unexpected(result.error());
  if (result->exit_code != 0 || result->out.find("BEGIN SSH SIGNATURE") == std::string::npos) {
    return refused(fmt::format("cannot sign with {}", key), *result);
  }
  return result->out;
}

Result<std::string> verify_signature(const std::string& allowed_signers, const std::string& message,
                                     const std::string& signature) {
  const auto found =
      run_child({kProgram, "-Y", "find-principals", "-s", kSignatureFile, "-f", allowed_signers},
                "", signature);
  if (!found) return tl::make_unexpected(found.error());
  const std::string who = first_line(found->out);
  if (found->exit_code != 0 || who.empty()) {
    return refused(fmt::format("nobody in {} signed it", allowed_signers), *found);
  }
  const auto checked = run_child({kProgram, "-Y", "verify", "-n", kNamespace, "-f", allowed_signers,
                                  "-I", who, "-s", kSignatureFile},
                                 message, signature);
  if (!checked) return tl::make_unexpected(checked.error());
  if (checked->exit_code != 0) return refused("the signature is not right", *checked);
  return who;
}

}  // namespace rolecall
