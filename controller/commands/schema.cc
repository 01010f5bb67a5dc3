#include "policies/schema.h"

#include "controller/commands.h"
#include "controller/output.h"
#include "diff/plan_schema.h"
#include "state/store/export_schema.h"

namespace rolecall {
namespace {

std::string schema_of(SchemaOf of) {
  switch (of) {
    case SchemaOf::policy:
      return policy_schema();
    case SchemaOf::plan:
      return plan_schema();
    case SchemaOf::plan_file:
      return plan_file_schema();
    case SchemaOf::audit:
      return export_schema();
  }
  return {};
}

}  // namespace

int run_schema(const GlobalOptions&, const SchemaOptions& options) {
  print(schema_of(options.of));
  return 0;
}

}  // namespace rolecall
