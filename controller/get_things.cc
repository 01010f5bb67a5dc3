#include "controller/get_things.h"

#include <array>

namespace rolecall {
namespace {

constexpr std::array<Thing, 12> kThings{{{ThingKind::org, "org", ""},
                                         {ThingKind::orgs, "orgs", ""},
                                         {ThingKind::directories, "directories", ""},
                                         {ThingKind::domains, "domains", ""},
                                         {ThingKind::domain, "domain", "ID"},
                                         {ThingKind::workspaces, "workspaces", ""},
                                         {ThingKind::users, "users", ""},
                                         {ThingKind::user, "user", "EMAIL|ID"},
                                         {ThingKind::groups, "groups", ""},
                                         {ThingKind::group, "group", "NAME|ID"},
                                         {ThingKind::counts, "counts", ""},
                                         {ThingKind::pins, "pins", ""}}};

constexpr auto kNames = [] {
  std::array<std::string_view, kThings.size()> names;
  for (std::size_t i = 0; i < kThings.size(); ++i) names[i] = kThings[i].name;
  return names;
}();

}  // namespace

const Thing* find_thing(std::string_view name) {
  for (const Thing& thing : kThings) {
    if (thing.name == name) return &thing;
  }
  return nullptr;
}

std::span<const std::string_view> thing_names() {
  return kNames;
}

std::string things_in_words() {
  std::string out;
  for (const Thing& thing : kThings) {
    if (!out.empty()) out += ", ";
    out += thing.name;
    if (!thing.argument.empty()) (out += ' ') += thing.argument;
  }
  return out;
}

}  // namespace rolecall
