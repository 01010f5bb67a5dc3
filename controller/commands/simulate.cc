#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_simulate(const GlobalOptions&, const SimulateOptions&) {
  return print_error({"not available in this build", {}});
}

}  // namespace rolecall
