#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/model/result.h"

namespace rolecall {

struct ChildResult {
  int exit_code = 0;  ///< -1: killed
  std::string out, err;
};

/// Runs a program of PATH to its end, without a shell, without a terminal to ask on, and with
/// nothing of the environment but PATH, HOME and SSH_AUTH_SOCK: no secret of ours reaches it. What
/// is given as `input` is its standard input; `file` can be read as /dev/fd/3. Error: it is not
/// there, or takes longer than a minute.
[[nodiscard]] Result<ChildResult> run_child(const std::vector<std::string>& arguments,
                                            std::string_view input, std::string_view file = {});

}  // namespace rolecall
