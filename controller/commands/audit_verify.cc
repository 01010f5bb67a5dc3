#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/signatures.h"
#include "controller/store_path.h"
#include "state/model/text.h"
#include "state/store/verify.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// The newest stand for all that is before them; each costs two processes.
constexpr std::size_t kMostSignatures = 100;

/// What the signatures say.
struct Signed {
  std::size_t checkpoints = 0;
  std::optional<ChainHead> last;  ///< the newest that somebody signed
  std::string by;
  std::string wrong;
};

bool is_store(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string start(15, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == "SQLite format 3";
}

/// Of an export, or of a store with the checkpoints beside it.
Result<ExportVerdict> look_at(const std::string& file, bool store,
                              const std::optional<ChainHead>& asked) {
  std::vector<ExpectedHead> expected;
  if (asked) expected.push_back({*asked, "--head"});
  if (!store) return verify_export(file, expected);
  auto checkpoints = read_checkpoints(file);
  if (!checkpoints) return tl::make_unexpected(checkpoints.error());
  for (const Checkpoint& checkpoint : *checkpoints) {
    expected.push_back({checkpoint.head, "a checkpoint"});
  }
  auto verdict = verify_store(file, expected);
  if (!verdict) return tl::make_unexpected(verdict.error());
  return ExportVerdict{std::move(*verdict), std::move(*checkpoints)};
}

Signed check_signatures(const ExportVerdict& verdict, const std::string& allowed_signers) {
  Signed out;
  out.checkpoints = verdict.checkpoints.size();
  if (allowed_signers.empty()) return out;
  if (verdict.checkpoints.empty()) {
    out.wrong = "nobody signed it";
    return out;
  }
  const std::size_t checked = std::min(kMostSignatures, verdict.checkpoints.size());
  for (std::size_t i = verdict.checkpoints.size() - checked; i < verdict.checkpoints.size(); ++i) {
    const Checkpoint& checkpoint = verdict.checkpoints[i];
    const auto who = verify_signature(
        allowed_signers, head_statement(verdict.store_id, checkpoint.head), checkpoint.signature);
    if (!who) {
      out.wrong =
          fmt::format("the checkpoint of row {}: {}", checkpoint.head.seq, who.error().what);
      return out;
    }
    out.last = checkpoint.head;
    out.by = *who;
  }
  return out;
}

/// The first thing that is wrong; empty: nothing.
std::string first_fault(const ExportVerdict& verdict, const Signed& signatures) {
  if (!verdict.broken.empty()) {
    return verdict.broken_seq > 0 ? fmt::format("row {}: {}", verdict.broken_seq, verdict.broken)
                                  : verdict.broken;
  }
  return verdict.mismatches.empty() ? signatures.wrong : verdict.mismatches.front();
}

json::object to_json(const ExportVerdict& verdict, const Signed& signatures,
                     const std::string& fault) {
  json::object out{
      {"format_version", "1.0"},
      {"verified", fault.empty()},
      {"store", verdict.store_id},
      {"organizations", json::array(verdict.organizations.begin(), verdict.organizations.end())},
      {"rows", verdict.head.seq},
      {"head", format_head(verdict.head)},
      {"head_file", nullptr},
      {"checkpoints", signatures.checkpoints},
      {"signed_head", nullptr},
      {"signed_by", nullptr},
      {"first_bad_row", nullptr},
      {"fault", nullptr},
      {"mismatches", json::array(verdict.mismatches.begin(), verdict.mismatches.end())},
      {"accepted_gaps", json::array(verdict.gaps.begin(), verdict.gaps.end())}};
  if (verdict.head_file) out["head_file"] = format_head(*verdict.head_file);
  if (signatures.last) {
    out["signed_head"] = format_head(*signatures.last);
    out["signed_by"] = signatures.by;
  }
  if (verdict.broken_seq > 0) out["first_bad_row"] = verdict.broken_seq;
  if (!fault.empty()) out["fault"] = fault;
  return out;
}

void print_verdict(const std::string& file, const ExportVerdict& verdict, const Signed& signatures,
                   bool store) {
  const auto line = [](std::string_view title, const std::string& value) {
    print(fmt::format("{:<13} {}\n", title, escape_terminal(value)));
  };
  line("log", file);
  line("store id", verdict.store_id);
  for (const std::string& organization : verdict.organizations) line("organization", organization);
  line("rows", std::to_string(verdict.head.seq));
  line("head", format_head(verdict.head));
  if (store && !verdict.head_file) {
    line("head file", "there is none: rows missing at the end would not be seen without --head");
  }
  if (signatures.last) {
    line("signed", fmt::format("up to row {}, by {}; {}", signatures.last->seq, signatures.by,
                               counted(signatures.checkpoints, "checkpoint", "checkpoints")));
  } else if (signatures.checkpoints > 0) {
    line("checkpoints", fmt::format("{}, signatures not checked without --allowed-signers",
                                    signatures.checkpoints));
  }
  for (const std::string& gap : verdict.gaps) line("accepted", gap);
}

int does_not_verify(const std::string& file, const Error& error) {
  const bool named = error.what.find(file) != std::string::npos;
  print_error(
      {fmt::format("{}{}; nothing is verified", named ? "" : file + ": ", error.what), error.hint});
  return kDoesNotVerify;
}

}  // namespace

int run_audit_verify(const GlobalOptions& global, const AuditVerifyOptions& options) {
  const std::string file = options.file.empty() ? default_store_path(global) : options.file;
  const bool store = options.file.empty() || is_store(file);
  const auto verdict = look_at(file, store, options.head);
  if (!verdict) return does_not_verify(file, verdict.error());
  const Signed signatures =
      verdict->good() ? check_signatures(*verdict, options.allowed_signers) : Signed{};
  const std::string fault = first_fault(*verdict, signatures);
  if (global.format == OutputFormat::json) {
    print_json(to_json(*verdict, signatures, fault));
  } else if (fault.empty()) {
    print_verdict(file, *verdict, signatures, store);
    print("The log verifies.\n");
  }
  if (fault.empty()) return 0;
  print_error({fmt::format("{} does not verify: {}", file, fault),
               "keep the file as it is; compare it with a copy and with heads kept elsewhere"});
  return kDoesNotVerify;
}

}  // namespace rolecall
