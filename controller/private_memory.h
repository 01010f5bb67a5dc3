#pragma once

namespace rolecall {

/// From here on the memory of this process is nobody else's: no core file, and none of this user's
/// other processes may attach to it or read it. To be called before an API key is read. Programs
/// that are started get the limit of core files, not the rest.
void keep_memory_private();

}  // namespace rolecall
