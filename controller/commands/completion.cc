#include "controller/completion.h"

#include "controller/commands.h"
#include "controller/output.h"

namespace rolecall {

int run_completion(const GlobalOptions&, const CompletionOptions& options) {
  print(completion_script(options.shell));
  return 0;
}

}  // namespace rolecall
