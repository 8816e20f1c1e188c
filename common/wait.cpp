#include "common/wait.hpp"

#include <condition_variable>
#include <mutex>

namespace ytterby {

void WaitFor(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace ytterby
