#include "controller/in_order.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rolecall {
namespace {

/// As the first thread has on Linux; what the system gives to others may be less.
constexpr std::size_t kStackBytes = std::size_t{8} << 20U;
/// What is made waits in memory until it is taken.
constexpr std::size_t kAhead = 2;
constexpr std::size_t kMostThreads = 16;

class InOrderRun {
 public:
  InOrderRun(std::size_t count, const std::function<void(std::size_t)>& make)
      : count_(count), make_(make), made_(count, false) {}
  InOrderRun(const InOrderRun&) = delete;
  InOrderRun& operator=(const InOrderRun&) = delete;
  ~InOrderRun() {
    {
      const std::scoped_lock lock(mutex_);
      next_ = count_;
    }
    changed_.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  }

  void start_threads(std::size_t wanted) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    pthread_attr_setstacksize(&attributes, kStackBytes);
    ahead_ = kAhead * (wanted + 1);
    while (threads_.size() < wanted) {
      pthread_t thread{};
      // With fewer it takes longer, no more.
      if (pthread_create(&thread, &attributes, &InOrderRun::work, this) != 0) break;
      threads_.push_back(thread);
    }
    pthread_attr_destroy(&attributes);
  }

  void take_all(const std::function<void(std::size_t)>& take) {
    for (std::size_t i = 0; i < count_; ++i) {
      wait_for(i);
      take(i);
      const std::scoped_lock lock(mutex_);
      ++taken_;
      changed_.notify_all();
    }
  }

 private:
  static void* work(void* run) {
    auto& self = *static_cast<InOrderRun*>(run);
    std::unique_lock lock(self.mutex_);
    while (true) {
      self.changed_.wait(lock, [&] { return self.may_make() || self.next_ == self.count_; });
      if (self.next_ == self.count_) return nullptr;
      self.make_next(lock);
    }
  }

  /// Makes others meanwhile.
  void wait_for(std::size_t i) {
    std::unique_lock lock(mutex_);
    while (!made_[i] && !failure_) {
      if (may_make()) {
        make_next(lock);
      } else {
        changed_.wait(lock, [&] { return made_[i] || failure_ || may_make(); });
      }
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  [[nodiscard]] bool may_make() const { return next_ < count_ && next_ < taken_ + ahead_; }

  void make_next(std::unique_lock<std::mutex>& lock) {
    const std::size_t i = next_++;
    lock.unlock();
    std::exception_ptr failure;
    try {
      make_(i);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    made_[i] = true;
    if (failure) {
      failure_ = failure;
      next_ = count_;
    }
    changed_.notify_all();
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> made_;
  std::size_t next_ = 0;   ///< to be made
  std::size_t taken_ = 0;  ///< those before it have been taken
  std::size_t ahead_ = kAhead;
  std::exception_ptr failure_;
  std::vector<pthread_t> threads_;
};

}  // namespace

void in_order_on_all_cores(std::size_t count, const std::function<void(std::size_t)>& make,
                           const std::function<void(std::size_t)>& take) {
  const std::size_t cores =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  InOrderRun run(count, make);
  run.start_threads(std::min(cores, count) - (count > 0 ? 1 : 0));
  run.take_all(take);
}

}  // namespace rolecall
