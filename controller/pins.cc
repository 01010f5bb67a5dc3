#include "controller/pins.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/connect.h"
#include "controller/output.h"
#include "controller/store_path.h"
#include "policies/toml_text.h"
#include "state/store/export_format.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

namespace json = boost::json;

void show_json(const std::vector<Identity>& pins) {
  json::array items;
  for (const Identity& pin : pins) {
    items.push_back(json::object{{"email", pin.email}, {"account_id", pin.account_id}});
  }
  print_json(json::object{{"format_version", "1.0"}, {"items", std::move(items)}});
}

void show_csv(const std::vector<Identity>& pins) {
  print(csv_line({"email", "account_id"}));
  for (const Identity& pin : pins) print(csv_line({pin.email, pin.account_id}));
}

void show_toml(const std::vector<Identity>& pins) {
  if (pins.empty()) {
    print_message("The store knows no account of this organization yet; an apply keeps them.\n");
    return;
  }
  print("# Lines for [users]; who has one there already gets account_id added to it.\n");
  for (const Identity& pin : pins) {
    print(fmt::format("{} = {{ account_id = {} }}\n", toml_string(pin.email),
                      toml_string(pin.account_id)));
  }
}

}  // namespace

int show_pins(const GlobalOptions& global) {
  const auto store = Store::open(default_store_path(global), Store::Access::read);
  if (!store) return print_error(store.error());
  const auto organization = organization_offline(global);
  if (!organization) return print_error(organization.error());
  const auto memory = store->memory(*organization);
  if (!memory) return print_error(memory.error());
  switch (global.format) {
    case OutputFormat::json:
      show_json(memory->identities);
      break;
    case OutputFormat::csv:
      show_csv(memory->identities);
      break;
    case OutputFormat::text:
    case OutputFormat::markdown:
      show_toml(memory->identities);
      break;
  }
  return finish_output(0);
}

}  // namespace rolecall
