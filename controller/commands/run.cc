#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_service(const GlobalOptions&, const RunOptions&) {
  return print_error({"not available in this build", {}});
}

}  // namespace rolecall
