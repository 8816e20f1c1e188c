// What a process knows about the parts it depends on: its log, its store, its consumers, its feeds.
//
// /readyz, ytterby_ready, ytterby_part_up and the log lines about parts that go away and come back all use this class,
// so they never disagree. Code that has trouble with a part reports it (Down), and reports when the part works again
// (Up). Serving a page queries nothing.
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

  // kChanges: one log line per change ("…; work paused, retrying", "back after 75 s"), with reminders at growing
  // intervals in between. kNone: no lines, for a part whose trouble is caused by another part.
  enum class Lines { kChanges, kNone };
  // Adds a part. Until the first Up it counts as not working, with `until_then` as the reason. `subject` names it in
  // log lines: "broker 127.0.0.1:9092".
  void Expect(const std::string& part, const std::string& subject, const std::string& until_then, Lines lines);
  // Removes a part, and what it reported about others.
  void Remove(const std::string& part);

  enum class Then { kRetries, kStops };  // what the process does about it, for the log line
  // `reporter` has trouble with the part. The part works again once every reporter that called Down has called Up. Adds
  // the part if Expect has not.
  void Down(const std::string& part, const std::string& reporter, const std::string& trouble,
            Then then = Then::kRetries);
  // Cheap when nothing changes.
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
    bool up_reported = false;
  };
  State& Find(const std::string& part);
  static std::optional<std::string> TroubleOf(const State& state);
  void Tell(const State& state);
  void Works(State& state, const std::string& reporter);

  const Clock now_;
  mutable std::mutex mutex_;
  std::vector<State> parts_;
  prometheus::Family<prometheus::Gauge>& up_;
  prometheus::Gauge& ready_;
};

// "0.4 s", "75 s", "12 min", "3 h".
std::string DurationText(std::chrono::steady_clock::duration duration);

}  // namespace ytterby
