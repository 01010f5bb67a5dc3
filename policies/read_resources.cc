#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kLookupKeys = language::names(language::kLookupKeys);
constexpr std::string_view kAriPrefix = "ari:cloud:";

bool is_ari(std::string_view text) {
  return text.starts_with(kAriPrefix) && text.size() > kAriPrefix.size() && text.size() <= 1000 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::optional<std::string> read_ari(FileReader& reader, const Entry& entry) {
  const std::string_view text = entry.value.string();
  if (is_ari(text)) return std::string(text);
  reader.error(entry.value.at(), fmt::format("{} is not the ARI of an app instance", quote(text)),
               "an ARI starts with ari:cloud:, or write { app = \"confluence\", host = "
               "\"acme.atlassian.net\" } to have it looked up");
  return std::nullopt;
}

std::optional<std::string> word_of_lookup(FileReader& reader, const Owner& owner,
                                          const Entry& entry) {
  std::optional<std::string> text = reader.text(owner, entry);
  if (!text || (!text->empty() && text->find_first_of(" \t/") == std::string::npos)) return text;
  reader.error(entry.value.at(),
               fmt::format("{} of {} cannot be {}", quote(entry.key), owner.str(), quote(*text)),
               entry.key == "host" ? "write the host alone, as in acme.atlassian.net"
                                   : "write the app's key, as in confluence");
  return std::nullopt;
}

std::optional<Lookup> read_lookup(FileReader& reader, const Owner& owner, const Entry& entry) {
  Lookup lookup;
  bool has_app = false;
  bool fine = true;
  for (const Entry& key : reader.table(owner, entry, kLookupKeys)) {
    const std::optional<std::string> word = word_of_lookup(reader, owner, key);
    fine = fine && word;
    if (key.key == "app") {
      has_app = true;
      lookup.app = word.value_or("");
    } else {
      lookup.host = to_lower_ascii(word.value_or(""));
    }
  }
  if (has_app) return fine ? std::optional(lookup) : std::nullopt;
  reader.error(entry.value.at(), fmt::format("{} has no \"app\"", owner.str()),
               "write { app = \"confluence\", host = \"acme.atlassian.net\" }");
  return std::nullopt;
}

/// What two declarations of the same instance have in common.
std::string target_key(const std::variant<std::string, Lookup>& target) {
  if (const auto* ari = std::get_if<std::string>(&target)) return *ari;
  const Lookup& lookup = std::get<Lookup>(target);
  return fmt::format("{}\n{}", lookup.app, lookup.host);
}

}  // namespace

void read_resources(FileReader& reader, const Entry& entry) {
  Policy& policy = reader.policy();
  for (const Entry& named : reader.table({"[resources]"}, {"[resources]", entry.at, entry.value})) {
    const Owner owner{"resource", named.key};
    if (named.key.empty()) reader.error(named.at, "a resource needs a name");
    if (!reader.visible(named.key, named.at, "resource name")) continue;
    ResourceDecl out{std::string(named.key), reader.at(named.at), std::string{}};
    const auto index = static_cast<std::uint32_t>(policy.resources.size());
    const auto [first, added] = policy.resource_by_alias.try_emplace(out.alias, index);
    if (!added) {
      reader.declared_twice(named.at, owner.str() + " is declared twice",
                            policy.resources[first->second].at);
      continue;
    }
    if (named.value.is(ValueKind::table)) {
      if (auto lookup = read_lookup(reader, owner, named)) out.target = *std::move(lookup);
    } else if (reader.expect(owner, named, ValueKind::string)) {
      if (auto ari = read_ari(reader, named)) out.target = *std::move(ari);
    }
    const std::string key = target_key(out.target);
    if (!key.empty()) {
      const auto [same, fresh] = policy.resource_by_target.try_emplace(key, index);
      if (!fresh) {
        const ResourceDecl& other = policy.resources[same->second];
        reader.declared_twice(
            named.at,
            fmt::format("{} and {} are the same resource", quote(out.alias), quote(other.alias)),
            other.at);
      }
    }
    policy.resources.push_back(std::move(out));
  }
}

}  // namespace rolecall
