#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_plan(const GlobalOptions&, const PlanOptions&) {
  return print_error({"not available in this build", {}});
}

}  // namespace rolecall
