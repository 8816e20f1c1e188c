#include "ops/cli/signals.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <initializer_list>
#include <thread>

namespace ytterby::cli {
namespace {

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t set = SetOf({SIGTERM, SIGINT});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool StopRequested(std::chrono::milliseconds wait) {
  static std::atomic<bool> requested = false;  // also asked by threads that wait for a service
  const sigset_t set = SetOf({SIGTERM, SIGINT});
  const timespec time{static_cast<time_t>(wait.count() / 1000), static_cast<long>(wait.count() % 1000 * 1'000'000)};
  if (sigtimedwait(&set, nullptr, &time) < 0) return requested;
  if (requested) _exit(75);
  requested = true;
  // From now on a second signal ends the process at once, even while it is finishing.
  std::thread([set] {
    int received = 0;
    sigwait(&set, &received);
    _exit(75);
  }).detach();
  return true;
}

void BlockReloadSignal() {
  const sigset_t set = SetOf({SIGHUP});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool ReloadRequested() {
  const sigset_t set = SetOf({SIGHUP});
  const timespec at_once{};
  return sigtimedwait(&set, nullptr, &at_once) == SIGHUP;
}

void IgnoreOtherSignals() {
  for (int other : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ}) signal(other, SIG_IGN);
}

void LimitStopping(std::chrono::seconds limit) {
  std::thread([limit] {
    std::this_thread::sleep_for(limit);
    spdlog::warn("stopped with work in flight; the next start finishes it");
    _exit(0);
  }).detach();
}

}  // namespace ytterby::cli
