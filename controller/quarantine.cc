#include "controller/quarantine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "controller/private_file.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

constexpr std::size_t kMostQuarantineBytes = std::size_t{64} * 1024;
constexpr std::size_t kShownDigits = 12;

}  // namespace

struct Quarantine::Entry {
  std::string policy;  ///< fingerprint; empty where it is about a plan that failed
  std::string plan;    ///< digest
  std::string why;
  std::int64_t failures = 0;
  Instant at;
  bool released = false;  ///< by a person

  /// Nothing where there is no such file.
  static Result<std::optional<Entry>> read(const std::string& file) {
    const auto bytes = read_small_file(file, kMostQuarantineBytes);
    if (!bytes) return tl::make_unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    const auto document = parse_json(**bytes);
    if (!document) return fail(fmt::format("{}: {}", file, document.error().what));
    const auto* policy = string_member(*document, "policy");
    const auto* plan = string_member(*document, "plan");
    const auto* why = string_member(*document, "why");
    const auto* at = string_member(*document, "at");
    const auto* failures = integer_member(*document, "failures");
    const auto instant = at == nullptr ? std::nullopt : parse_instant(std::string_view(*at));
    if (policy == nullptr || plan == nullptr || why == nullptr || failures == nullptr || !instant) {
      return fail(fmt::format("{} does not say what is held back", file));
    }
    const auto* released = member(*document, "released");
    return Entry{std::string(*policy), std::string(*plan), std::string(*why), *failures, *instant,
                 released != nullptr};
  }

  [[nodiscard]] std::string in_words() const {
    const std::string digest = plan.substr(0, kShownDigits);
    if (!policy.empty()) {
      return fmt::format("plan {} was refused at {} ({})", digest, format_instant(at), why);
    }
    return fmt::format("plan {} has failed {} times, last at {}", digest, failures,
                       format_instant(at));
  }
};

std::string Quarantine::held(const std::function<bool(const Entry&)>& applies) const {
  const auto entry = Entry::read(file_);
  if (!entry) return entry.error().what;
  const bool held = *entry && !(*entry)->released && applies(**entry);
  return held ? (*entry)->in_words() : std::string();
}

std::string Quarantine::of_policy(const std::string& fingerprint) const {
  return held([&](const Entry& entry) { return entry.policy == fingerprint; });
}

std::string Quarantine::of_plan(const std::string& digest) const {
  return held([&](const Entry& entry) {
    return entry.plan == digest && entry.policy.empty() && entry.failures >= kFailuresBelieved;
  });
}

std::string Quarantine::in_force() const {
  return held([](const Entry& entry) {
    return !entry.policy.empty() || entry.failures >= kFailuresBelieved;
  });
}

Result<void> Quarantine::write(const Entry& entry) const {
  boost::json::object document{{"policy", entry.policy},
                               {"plan", entry.plan},
                               {"why", entry.why},
                               {"failures", entry.failures},
                               {"at", format_instant(entry.at)}};
  if (entry.released) document["released"] = true;
  return write_beside_store(store_, kEnding, boost::json::serialize(document) + "\n");
}

Result<void> Quarantine::refused(const std::string& fingerprint, const std::string& digest,
                                 const std::string& why, Instant at) const {
  return write({fingerprint, digest, why, 0, at, false});
}

Result<void> Quarantine::failed(const std::string& digest, Instant at) const {
  const auto before = Entry::read(file_);
  const bool again = before && *before && (*before)->policy.empty() && (*before)->plan == digest;
  return write({{}, digest, {}, again ? (*before)->failures + 1 : 1, at, false});
}

Result<void> Quarantine::release() const {
  auto entry = Entry::read(file_);
  // Where nobody can say what was refused, there is nothing to let go on but everything.
  if (!entry || !*entry || (*entry)->policy.empty()) return lift();
  (*entry)->released = true;
  return write(**entry);
}

bool Quarantine::released(const std::string& fingerprint) const {
  const auto entry = Entry::read(file_);
  return entry && *entry && (*entry)->released && (*entry)->policy == fingerprint;
}

Result<void> Quarantine::lift() const {
  if (::unlink(file_.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
  return fail(fmt::format("cannot remove {}: {}", file_, errno_text(errno)));
}

}  // namespace rolecall
