#include "policies/write_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "policies/toml_text.h"
#include "state/model/role.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// A file is cut into several beyond this: reviews show no diff of very long ones.
constexpr std::size_t kLongFile = std::size_t{512} << 10U;
/// So many groups that begin alike, or people of one domain, have a file of their own.
constexpr std::size_t kOwnFile = 3;
/// A group of so many members has one too: its list would hide its neighbours.
constexpr std::size_t kLargeGroup = 100;
/// A policy has at most 1,000 files; well before that, small ones are put together.
constexpr std::size_t kManyFiles = 300;
constexpr std::size_t kLongestStem = 60;

template <class Ref, class State>
std::vector<Ref> present(const State& all, const OrgState& live) {
  std::vector<Ref> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (live.find(static_cast<Ref>(i)) != nullptr) out.push_back(static_cast<Ref>(i));
  }
  return out;
}

bool is_ari(std::string_view text) {
  return text.starts_with("ari:cloud:") && text.size() > 10 && text.size() <= 1000 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

/// "confluence" of "ari:cloud:confluence::site/..."
std::string app_of(std::string_view ari) {
  ari.remove_prefix(std::min<std::size_t>(ari.size(), 10));
  return std::string(ari.substr(0, ari.find(':')));
}

/// Alias, ARI, and what it is in words.
struct NamedResource {
  std::string alias, ari, what;
};

/// Every instance the organization has, and every other one that something is granted on.
std::vector<NamedResource> name_resources(const LiveOrganization& organization) {
  std::map<std::string, const Workspace*> known;  // by ARI
  for (const Workspace& workspace : organization.workspaces) known[workspace.ari] = &workspace;
  for (std::size_t i = 0; i < organization.catalog.resource_count(); ++i) {
    known.try_emplace(organization.catalog.name(static_cast<ResourceRef>(i)), nullptr);
  }
  std::map<std::string, std::size_t> of_app;
  for (const auto& [ari, workspace] : known) {
    ++of_app[file_stem(workspace == nullptr ? app_of(ari) : workspace->type_key)];
  }
  std::set<std::string> taken;
  std::vector<NamedResource> out;
  for (const auto& [ari, workspace] : known) {
    if (!is_ari(ari)) continue;
    std::string alias = file_stem(workspace == nullptr ? app_of(ari) : workspace->type_key);
    std::string what = workspace == nullptr ? "not among the workspaces" : workspace->host;
    if (of_app[alias] > 1 && workspace != nullptr && !workspace->host.empty()) {
      alias += "-" + file_stem(workspace->host.substr(0, workspace->host.find('.')));
    }
    std::string unique = alias;
    for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}-{}", alias, n);
    out.push_back({unique, ari, what});
  }
  std::sort(out.begin(), out.end(), [](const NamedResource& left, const NamedResource& right) {
    return left.alias < right.alias;
  });
  return out;
}

/// Files that are filled entry by entry, each opening with the same words about what is in it.
class Folder {
 public:
  void add(const std::string& stem, std::string_view about, std::string_view table,
           const std::string& entry) {
    std::vector<std::string>& parts = files_[stem];
    if (parts.empty() || parts.back().size() + entry.size() > kLongFile) {
      parts.push_back(fmt::format("# {}\n", about));
      if (!table.empty()) parts.back() += fmt::format("\n{}\n", table);
    }
    parts.back() += (table.empty() ? "\n" : "") + entry;
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t out = 0;
    for (const auto& [stem, parts] : files_) out += parts.size();
    return out;
  }
  /// The further parts are told apart by a sign that no stem holds.
  void move_into(std::vector<SourceFile>& out) && {
    for (auto& [stem, parts] : files_) {
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string path =
            i == 0 ? fmt::format("{}.toml", stem) : fmt::format("{}+{}.toml", stem, i + 1);
        out.push_back({path, std::move(parts[i])});
      }
    }
  }

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

/// What groups that belong together begin with.
std::string prefix_of(const GroupName& name) {
  const std::string& key = name.key();
  return file_stem(std::string_view(key).substr(0, key.find_first_of("-_./: ")));
}

class PolicyWriter {
 public:
  explicit PolicyWriter(const LiveOrganization& organization)
      : organization_(organization),
        resources_(name_resources(organization)),
        declarations_({organization.live, organization.catalog, aliases(),
                       organization.direct_access, nullptr}),
        users_(present<UserRef>(organization.live.live.users, organization.live.live)),
        groups_(present<GroupRef>(organization.live.live.groups, organization.live.live)) {
    const Catalog& catalog = organization_.catalog;
    std::sort(users_.begin(), users_.end(),
              [&](UserRef a, UserRef b) { return catalog.name(a) < catalog.name(b); });
    std::sort(groups_.begin(), groups_.end(),
              [&](GroupRef a, GroupRef b) { return catalog.name(a) < catalog.name(b); });
  }

  WrittenPolicy run() {
    leave_out();
    // Fewer and fuller files until there are not too many.
    for (std::size_t scale = 1;; scale *= 4) {
      Folder folder;
      write_users(folder, scale);
      write_groups(folder, scale);
      if (folder.size() > kManyFiles && scale < (std::size_t{1} << 30U)) continue;
      std::move(folder).move_into(out_.files);
      break;
    }
    out_.files.push_back({"organization.toml", organization_file()});
    if (!out_.left_out.empty()) out_.files.push_back({"left-alone.toml", left_alone_file()});
    std::sort(out_.files.begin(), out_.files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    out_.users = users_.size();
    out_.groups = groups_.size();
    return std::move(out_);
  }

 private:
  std::map<ResourceRef, std::string> aliases() {
    std::map<ResourceRef, std::string> out;
    for (const NamedResource& one : resources_) {
      out.emplace(organization_.catalog.resource(one.ari), one.alias);
    }
    return out;
  }

  void leave_out() {
    std::erase_if(users_, [&](UserRef ref) {
      std::string why = declarations_.why_not(ref);
      if (why.empty()) return false;
      out_.left_out.push_back({"user", organization_.catalog.name(ref), std::move(why)});
      return true;
    });
    std::erase_if(groups_, [&](GroupRef ref) {
      std::string why = declarations_.why_not(ref);
      if (why.empty()) return false;
      out_.left_out.push_back({"group", organization_.catalog.name(ref).display(), std::move(why)});
      return true;
    });
    std::sort(out_.left_out.begin(), out_.left_out.end());
  }

  [[nodiscard]] std::string domain_of(UserRef ref) const {
    const std::string& address = organization_.catalog.name(ref);
    return file_stem(std::string_view(address).substr(address.find('@') + 1));
  }

  void write_users(Folder& folder, std::size_t scale) const {
    std::map<std::string, std::size_t> of_domain;
    for (const UserRef ref : users_) ++of_domain[domain_of(ref)];
    for (const UserRef ref : users_) {
      const std::string domain = domain_of(ref);
      const bool own = of_domain.size() <= kOwnFile || of_domain[domain] >= kOwnFile * scale;
      const std::string line = declarations_.user(ref);
      if (organization_.live.live.find(ref)->org_admin) {
        folder.add("users/org-admins", "Organization admins.", "[users]", line);
      } else if (own) {
        folder.add("users/" + domain, fmt::format("People of {}.", domain), "[users]", line);
      } else {
        folder.add("users/other-domains", "People of domains with few of them.", "[users]", line);
      }
    }
  }

  void write_groups(Folder& folder, std::size_t scale) const {
    std::map<std::string, std::size_t> alike;
    for (const GroupRef ref : groups_) ++alike[prefix_of(organization_.catalog.name(ref))];
    std::set<std::string> taken;
    for (const GroupRef ref : groups_) {
      const GroupName& name = organization_.catalog.name(ref);
      const std::string prefix = prefix_of(name);
      const std::size_t size = declarations_.listed_members(ref);
      const std::string table = declarations_.group(ref);
      if (organization_.live.about(ref).synced) {
        folder.add("groups/synced", "Groups that an identity provider manages.", "", table);
      } else if (size >= kLargeGroup * scale) {
        std::string stem = file_stem(name.key());
        for (int n = 2; !taken.insert(stem).second; ++n) {
          stem = fmt::format("{}-{}", file_stem(name.key()), n);
        }
        folder.add("groups/large/" + stem, "A large group, in a file of its own.", "", table);
      } else if (alike[prefix] >= kOwnFile * scale && prefix != "others" && prefix != "synced") {
        folder.add("groups/" + prefix, fmt::format("Groups that begin with {}.", prefix), "",
                   table);
      } else {
        folder.add("groups/others", "Groups that share no beginning with enough others.", "",
                   table);
      }
    }
  }

  [[nodiscard]] std::string organization_file() const {
    const Snapshot& live = organization_.live;
    std::string out = fmt::format(
        "# Written by rolecall import from the live organization, {}.\n"
        "# What no file here mentions is left alone; a key that is absent is not managed.\n"
        "version = 1\n\n[organization]\nid = {}\n",
        format_instant(organization_.at).substr(0, 10), toml_string(organization_.id));
    if (organization_.names_directory) {
      out += fmt::format("directory = {}  # {}\n", toml_string(live.directory_id),
                         toml_comment(live.directory_name));
    }
    out +=
        "unlisted_users = \"ignore\"  # people without an entry in [users]: or \"suspend\", "
        "\"remove\"\n"
        "unlisted_groups = \"ignore\"  # groups without a table: or \"delete\"\n";
    if (!resources_.empty()) {
      out +=
          "\n# A table \"access\" is about these; grants on anything else are left alone.\n"
          "[resources]\n";
    }
    for (const NamedResource& one : resources_) {
      out += fmt::format("{} = {}{}\n", toml_key(one.alias), toml_string(one.ari),
                         one.what.empty() ? "" : "  # " + toml_comment(one.what));
    }
    const std::size_t admins = active_admins();
    out += fmt::format("\n[safety]\nmin_org_admins = {}{}\n", Safety{}.min_org_admins,
                       static_cast<std::int64_t>(admins) < Safety{}.min_org_admins
                           ? fmt::format("  # there {} {} now", admins == 1 ? "is" : "are", admins)
                           : "");
    out +=
        "# People and groups that no mistake may touch:\n"
        "# protected_users = [\"breakglass@acme.example\"]\n"
        "# protected_groups = [\"org-admins\"]\n";
    if (!organization_.direct_access) {
      out +=
          "\n# What people were granted directly, not through a group, is not managed here: "
          "reading "
          "it\n# takes a call for each person. rolecall import --direct-access writes it too.\n";
    }
    return out;
  }

  [[nodiscard]] std::size_t active_admins() const {
    return static_cast<std::size_t>(std::count_if(users_.begin(), users_.end(), [&](UserRef ref) {
      const User& user = *organization_.live.live.find(ref);
      return user.org_admin && user.presence == Presence::active &&
             organization_.live.about(ref).account_active;
    }));
  }

  [[nodiscard]] std::string left_alone_file() const {
    std::string out =
        "# What this policy leaves alone because it cannot be declared, and why. Whatever changes\n"
        "# unlisted_users or unlisted_groups from \"ignore\" may reach what is named here.\n";
    for (const LeftOut& one : out_.left_out) {
      out += fmt::format("# {} {}: {}\n", one.kind, toml_comment(quote(one.subject)),
                         toml_comment(one.why));
    }
    return out;
  }

  const LiveOrganization& organization_;
  std::vector<NamedResource> resources_;
  DeclarationWriter declarations_;
  std::vector<UserRef> users_;    ///< that can be declared, by address
  std::vector<GroupRef> groups_;  ///< that can be declared, by name
  WrittenPolicy out_;
};

}  // namespace

std::string file_stem(std::string_view name) {
  std::string out;
  for (const char c : to_lower_ascii(name.substr(0, 4 * kLongestStem))) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                       (c == '.' && !out.empty());
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == kLongestStem) break;
  }
  while (out.ends_with('-') || out.ends_with('.')) out.pop_back();
  return out.empty() ? "others" : out;
}

WrittenPolicy write_policy(const LiveOrganization& organization) {
  return PolicyWriter(organization).run();
}

Adoption write_adoption(const Snapshot& live, const Catalog& catalog, const Desired& wanted,
                        std::span<const GroupRef> groups) {
  std::map<ResourceRef, std::string> aliases;
  for (const Resource& resource : wanted.resources) aliases.emplace(resource.ref, resource.alias);
  const DeclarationWriter declarations({live, catalog, std::move(aliases), false, &wanted});
  Adoption out;
  std::map<std::string, UserRef> people;
  std::string tables;
  for (const GroupRef ref : groups) {
    if (std::string why = declarations.why_not(ref); !why.empty()) {
      out.left_out.push_back({"group", catalog.name(ref).display(), std::move(why)});
      continue;
    }
    ++out.groups;
    tables += "\n" + declarations.group(ref);
    if (declarations.access_only(ref)) continue;
    for (const UserRef member : live.live.find(ref)->members) {
      if (wanted.scope(member).declared) continue;
      if (std::string why = declarations.why_not(member); !why.empty()) {
        out.left_out.push_back({"user", catalog.name(member), std::move(why)});
      } else {
        people.emplace(catalog.name(member), member);
      }
    }
  }
  if (out.groups > 0) out.text = "# Written by rolecall import --adopt from what is live.\n";
  if (!people.empty()) out.text += "\n[users]\n";
  for (const auto& [address, ref] : people) out.text += declarations.user(ref);
  out.text += tables;
  out.users = people.size();
  std::sort(out.left_out.begin(), out.left_out.end());
  out.left_out.erase(std::unique(out.left_out.begin(), out.left_out.end()), out.left_out.end());
  return out;
}

}  // namespace rolecall
