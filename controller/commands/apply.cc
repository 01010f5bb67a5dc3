#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_apply(const GlobalOptions&, const ApplyOptions&) {
  return print_error({"not available in this build", {}});
}

}  // namespace rolecall
