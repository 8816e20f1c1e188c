// What a process knows of the parts it depends on: its log, its store, its consumers, its feeds.
//
// One place stands behind /readyz, ytterby_ready, ytterby_part_up and the log lines about parts that go away and come
// back, so that these never disagree. Whoever meets trouble with a part says so (Down), and says when it works again
// (Up); nobody is asked anything while a page is served.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics.hpp"

namespace ytterby {

struct HealthCheck {
  std::string part;
  std::optional<std::string> trouble;  // nullopt: it works
};

// Thread-safe.
class Health {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  explicit Health(Metrics& metrics, Clock now = &std::chrono::steady_clock::now);

  // A part's changes are one log line each ("…; work paused, retrying", "back after 75 s"), with reminders at growing
  // intervals between, or none where another part's trouble is the cause.
  enum class Lines { kChanges, kNone };
  // Adds a part. It does not work, because of `until_then`, before the first Up. `subject` names it in log lines:
  // "broker 127.0.0.1:9092".
  void Expect(const std::string& part, const std::string& subject, const std::string& until_then, Lines lines);
  void Remove(const std::string& part);

  // `reporter` has met trouble. The part works again when every reporter that said so has said Up. A part that was
  // never expected is expected by this.
  void Down(const std::string& part, const std::string& reporter, const std::string& trouble);
  // A cheap call where nothing changes.
  void Up(const std::string& part, const std::string& reporter);

  // In the order in which they were added.
  std::vector<HealthCheck> Checks() const;
  bool Ready() const;
  // Writes the reminders that are due. Call it about once a second.
  void Remind();

 private:
  struct State {
    std::string name, subject;
    Lines lines = Lines::kChanges;
    std::string until_then;                       // empty after the first Up
    std::map<std::string, std::string> troubles;  // by reporter
    std::chrono::steady_clock::time_point since{}, reminder{};
    std::chrono::seconds interval{};
    bool told_up = false;
  };
  State& Find(const std::string& part);
  static std::optional<std::string> TroubleOf(const State& state);
  void Tell(const State& state);

  const Clock now_;
  mutable std::mutex mutex_;
  std::vector<State> parts_;
  prometheus::Family<prometheus::Gauge>& up_;
  prometheus::Gauge& ready_;
};

// "0.4 s", "75 s", "12 min", "3 h".
std::string DurationText(std::chrono::steady_clock::duration duration);

}  // namespace ytterby
