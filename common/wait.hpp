// Waiting that ends early on request.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "common/result.hpp"

namespace ytterby {

// Sleeps for `time`, or until a stop is requested.
void WaitFor(const std::stop_token& stop, std::chrono::milliseconds time);

// Doubles from `first` to `last`; Reset after a success.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds last) : first_(first), last_(last), next_(first) {}
  std::chrono::milliseconds Next() {
    const auto now = next_;
    next_ = next_ * 2 < last_ ? next_ * 2 : last_;
    return now;
  }
  void Reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_, last_, next_;
};

// How long a one-shot command retries a service that does not answer. `stop` waits for the given time and returns true
// if it was asked to stop.
struct Patience {
  std::chrono::milliseconds limit;
  std::function<bool(std::chrono::milliseconds)> stop;
};

// Retries while the service does not answer (kUnavailable), up to the limit. Returns the last answer.
template <class Ask>
auto UntilAnswered(const Patience& patience, Ask ask) -> decltype(ask()) {
  constexpr std::chrono::milliseconds kPause{200};
  const auto give_up = std::chrono::steady_clock::now() + patience.limit;
  while (true) {
    auto answer = ask();
    if (answer || answer.error().kind != ErrorKind::kUnavailable) return answer;
    if (std::chrono::steady_clock::now() + kPause > give_up || patience.stop(kPause)) return answer;
  }
}

}  // namespace ytterby
