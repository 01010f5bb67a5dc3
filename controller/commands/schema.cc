#include "policies/schema.h"

#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_schema(const GlobalOptions&, const SchemaOptions&) {
  print(policy_schema());
  return 0;
}

}  // namespace rolecall
