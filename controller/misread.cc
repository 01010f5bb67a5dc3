#include "controller/misread.h"

#include <algorithm>

namespace rolecall {
namespace {

constexpr std::size_t kMostTold = 20;

}  // namespace

void Misread::note(const std::string& why) {
  if (all_.size() == kMostTold) return;
  if (std::find(all_.begin(), all_.end(), why) == all_.end()) all_.push_back(why);
}

}  // namespace rolecall
