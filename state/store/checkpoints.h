#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/model/result.h"
#include "state/store/chain.h"

namespace rolecall {

/// A head of the log that somebody signed: head_statement() in the namespace "rolecall-audit" of
/// ssh-keygen.
struct Checkpoint {
  ChainHead head;
  std::string signature;  ///< armored, as ssh-keygen writes it
};

/// `{"seq":12,"hash":"...","signature":"..."}`.
[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint);
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view json);

/// `<store>.checkpoints`: those of a store, one a line, oldest first. Lines are only added.
/// Error: the file is there, and not this user's alone as a store has to be.
[[nodiscard]] Result<void> append_checkpoint(const std::string& store_path,
                                             const Checkpoint& checkpoint);
/// Whether that will not be refused.
[[nodiscard]] Result<void> check_checkpoints(const std::string& store_path);
/// None when there is no such file.
[[nodiscard]] Result<std::vector<Checkpoint>> read_checkpoints(const std::string& store_path);

}  // namespace rolecall
