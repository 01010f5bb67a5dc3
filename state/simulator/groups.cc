#include <algorithm>

#include "state/model/text.h"
#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"
#include "state/simulator/user_filter.h"

namespace rolecall::simulator::reads {
namespace {

/// The filters of the group listings and of groups/count.
class GroupFilter {
 public:
  GroupFilter(const World& world, const Call& call)
      : call_(call), access_(world, call), term_(fold_case(call.text("searchTerm"))) {
    if (call.has("directoryIds")) {
      directories_.emplace();
      for (const auto id : call.texts("directoryIds")) {
        if (const auto found = world.find_directory(id)) directories_->push_back(*found);
      }
    }
    if (call.has("groupIds")) {
      std::vector<Index> ids;
      for (const auto id : call.texts("groupIds")) {
        if (const auto found = world.find_group(id)) ids.push_back(*found);
      }
      narrow(std::move(ids));
    }
    if (call.has("accountIds")) {
      std::vector<Index> of;
      for (const auto id : call.texts("accountIds")) {
        const auto found = world.find_person(id);
        if (!found) continue;
        const auto& theirs = world.people[*found].groups;
        of.insert(of.end(), theirs.begin(), theirs.end());
      }
      narrow(std::move(of));
    }
    if (call.has("groupNames")) {
      std::vector<Index> named;
      for (const auto name : call.texts("groupNames")) {
        for (Index directory = 0; directory < world.directories.size(); ++directory) {
          if (const auto found = world.find_group_by_name(directory, name)) named.push_back(*found);
        }
      }
      narrow(std::move(named));
    }
  }

  [[nodiscard]] const std::optional<std::vector<Index>>& candidates() const { return candidates_; }

  [[nodiscard]] bool matches(const Group& group) const {
    if (!group.alive || group.visible_from > call_.now) return false;
    if (call_.directory && *call_.directory != group.directory) return false;
    if (directories_ && std::find(directories_->begin(), directories_->end(), group.directory) ==
                            directories_->end()) {
      return false;
    }
    if (access_.active() && !access_.matches(group.access, 0)) return false;
    return term_.empty() || fold_case(group.name).find(term_) != std::string::npos;
  }

 private:
  void narrow(std::vector<Index> to) {
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    if (candidates_) {
      std::erase_if(to, [&](Index one) {
        return !std::binary_search(candidates_->begin(), candidates_->end(), one);
      });
    }
    candidates_ = std::move(to);
  }

  const Call& call_;
  AccessFilter access_;
  std::string term_;
  std::optional<std::vector<Index>> candidates_, directories_;
};

struct Counts {
  bool users = false, resources = false;
};

void write_group(JsonWriter& out, const World& world, const Group& group, Counts counts) {
  out.open('{');
  out.field("id", group.id);
  out.field("name", group.name);
  out.field("description", group.description);
  out.field("directoryId", world.directories[group.directory].id);
  out.key("managementAccess");
  out.open('{');
  out.key("deletable");
  out.boolean(group.deletable);
  out.key("modifiable");
  out.boolean(group.modifiable);
  out.key("readable");
  out.boolean(true);
  out.close('}');
  out.key("externalSynced");
  out.boolean(group.synced);
  out.field("managedBy", group.managed_by);
  if (counts.users || counts.resources) {
    out.key("counts");
    out.open('{');
    if (counts.users) {
      out.key("users");
      out.number(static_cast<std::int64_t>(group.members.size()));
    }
    if (counts.resources) {
      out.key("resources");
      out.number(static_cast<std::int64_t>(group.access.size()));
    }
    out.close('}');
  }
  out.close('}');
}

}  // namespace

Reply groups(const World& world, const Call& call) {
  if (call.has("groupNames") && (call.has("searchTerm") || call.has("groupIds"))) {
    return malformed("ADMIN-400-24", "groupNames excludes searchTerm and groupIds");
  }
  const GroupFilter filter(world, call);
  std::vector<Index> found;
  const auto consider = [&](Index place) {
    if (filter.matches(world.groups[place])) found.push_back(place);
  };
  const boost::json::value* sort = call.arguments.if_contains("sortBy");
  const bool sorted = sort != nullptr && !sort->get_array().empty();
  const std::size_t limit = call.limit(20);
  // In the order of the table a position is a place in it; sorted, a place in the sorted list.
  const Index first = sorted ? 0 : static_cast<Index>(call.position);
  if (filter.candidates()) {
    for (const Index place : *filter.candidates()) {
      if (place >= first) consider(place);
    }
  } else {
    for (Index place = first; place < world.groups.size(); ++place) {
      if (!sorted && found.size() > limit) break;
      consider(place);
    }
  }
  Slice page{0, std::min(limit, found.size()), {}};
  if (sorted) {
    const bool down = sort->get_array()[0].get_object().at("direction").get_string() == "desc";
    std::stable_sort(found.begin(), found.end(), [&](Index a, Index b) {
      const int way = world.groups[a].name.compare(world.groups[b].name);
      return down ? way > 0 : way < 0;
    });
    page = slice(call, found.size(), limit);
  } else if (found.size() > limit) {
    page.next = found[limit];
  }
  Counts counts;
  for (const std::string_view name : call.texts("expand")) {
    counts.users = counts.users || name == "counts.users";
    counts.resources = counts.resources || name == "counts.resources";
  }
  JsonWriter out;
  out.reserve(limit * 512);
  out.open('{');
  out.key("data");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) {
    write_group(out, world, world.groups[found[i]], counts);
  }
  out.close(']');
  write_cursor_links(out, world, call, page.next);
  out.close('}');
  return ok(out.take());
}

Reply groups_count(const World& world, const Call& call) {
  const GroupFilter filter(world, call);
  std::int64_t count = 0;
  if (filter.candidates()) {
    for (const Index place : *filter.candidates()) {
      if (filter.matches(world.groups[place])) ++count;
    }
  } else {
    count = std::count_if(world.groups.begin(), world.groups.end(),
                          [&](const Group& group) { return filter.matches(group); });
  }
  JsonWriter out;
  out.open('{');
  out.key("count");
  out.number(count);
  out.close('}');
  return ok(out.take());
}

Reply group(const World& world, const Call& call) {
  const auto place = world.find_group(call.group_id);
  if (!place) return unknown_group();
  const Group& found = world.groups[*place];
  if (call.directory && *call.directory != found.directory) return unknown_group();
  JsonWriter out;
  out.open('{');
  out.key("data");
  write_group(out, world, found, {true, true});
  out.close('}');
  return ok(out.take());
}

}  // namespace rolecall::simulator::reads
