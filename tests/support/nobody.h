#pragma once

#include <filesystem>
#include <functional>

namespace rolecall::test {

/// What `body` returns in a process whom modes of files hold up: root's would be none, so it goes
/// on as nobody (65534), to whom all of `folder` is given. 1000 + signal when it is killed. What it
/// prints is printed by this process.
[[nodiscard]] int as_nobody(const std::filesystem::path& folder, const std::function<int()>& body);

}  // namespace rolecall::test
