#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// Whether a file could be put there: to be asked before anything long is begun. A file that is
/// there already is only replaced where it is empty or begins as what is written does (one of
/// `begins`), so that nobody's policy becomes a plan; what is no regular file never is.
[[nodiscard]] Result<void> check_writable_place(const std::string& path,
                                                std::initializer_list<std::string_view> begins);

/// How a saved plan, a report and the exports of the log begin.
inline constexpr std::string_view kPlanBegins = "{\n  \"rolecall_plan\"";
inline constexpr std::string_view kReportBegins = "<!DOCTYPE html>";
inline constexpr std::string_view kExportBegins = R"({"rolecall_audit_export")";
inline constexpr std::string_view kExportTableBegins = "seq,hash,type,id,";

/// Writes a file that its owner alone can read (0600), whole or not at all: into a new file beside
/// it, to disk, then renamed over what was there.
[[nodiscard]] Result<void> write_private_file(const std::string& path, std::string_view content);
/// The same for a file beside a store. Where root writes it, it belongs to the owner of the store
/// (before there is one: of its folder), who could not read it otherwise.
[[nodiscard]] Result<void> write_beside_store(const std::string& store, std::string_view ending,
                                              std::string_view content);

}  // namespace rolecall
