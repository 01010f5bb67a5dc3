#include "controller/man_page.h"

#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_man(const GlobalOptions&, const ManOptions&) {
  print(man_page());
  return 0;
}

}  // namespace rolecall
