#include "common/health.hpp"

#include <fmt/format.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace ytterby {
namespace {

constexpr std::chrono::seconds kFirstReminder{60}, kLastReminder{3600};
constexpr int kGrowth = 5;

}  // namespace

std::string DurationText(std::chrono::steady_clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

Health::Health(Metrics& metrics, Clock now)
    : now_(std::move(now)),
      up_(metrics.Gauges(
          "ytterby_part_up",
          "1 while a part of this process works, by part: log, store, archive, relay, feed NAME, consumer NAME")),
      ready_(Series(metrics.Gauges("ytterby_ready", "1 while every part works, as /readyz says"), {})) {}

Health::State& Health::Find(const std::string& part) {
  const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const State& state) { return state.name == part; });
  if (known != parts_.end()) return *known;
  parts_.push_back({});
  parts_.back().name = part;
  parts_.back().subject = part;
  return parts_.back();
}

std::optional<std::string> Health::TroubleOf(const State& state) {
  if (!state.troubles.empty()) return state.troubles.begin()->second;
  if (!state.until_then.empty()) return state.until_then;
  return std::nullopt;
}

void Health::Tell(const State& state) {
  Series(up_, {{"part", state.name}}).Set(TroubleOf(state) ? 0 : 1);
  ready_.Set(
      std::none_of(parts_.begin(), parts_.end(), [](const State& one) { return TroubleOf(one).has_value(); }) ? 1 : 0);
}

void Health::Expect(const std::string& part, const std::string& subject, const std::string& until_then, Lines lines) {
  std::lock_guard lock(mutex_);
  State& state = Find(part);
  state.subject = subject;
  state.until_then = until_then;
  state.up_reported = false;
  state.lines = lines;
  Tell(state);
}

void Health::Remove(const std::string& part) {
  std::lock_guard lock(mutex_);
  up_.Remove(&Series(up_, {{"part", part}}));
  std::erase_if(parts_, [&](const State& state) { return state.name == part; });
  // What it reported about other parts went with it: nobody else would ever report them as working.
  for (State& state : parts_) {
    if (!state.troubles.contains(part)) continue;
    if (state.until_then.empty()) {
      Works(state, part);
    } else {
      state.troubles.erase(part);
    }
  }
  ready_.Set(
      std::none_of(parts_.begin(), parts_.end(), [](const State& one) { return TroubleOf(one).has_value(); }) ? 1 : 0);
}

void Health::Down(const std::string& part, const std::string& reporter, const std::string& trouble, Then then) {
  std::lock_guard lock(mutex_);
  State& state = Find(part);
  const bool begins = state.troubles.empty();
  state.troubles[reporter] = trouble;
  state.up_reported = false;
  if (!begins) return;
  state.since = now_();
  state.interval = kFirstReminder;
  state.reminder = state.since + state.interval;
  Tell(state);
  if (state.lines == Lines::kChanges)
    spdlog::warn("{}: {}; {}", state.subject, trouble,
                 then == Then::kRetries ? "work paused, retrying" : "work stopped");
}

void Health::Up(const std::string& part, const std::string& reporter) {
  std::lock_guard lock(mutex_);
  Works(Find(part), reporter);
}

void Health::Works(State& state, const std::string& reporter) {
  const bool waited = state.troubles.erase(reporter) > 0;
  if (!state.troubles.empty() || state.up_reported) return;
  state.until_then.clear();
  state.up_reported = true;
  Tell(state);
  if (waited && state.lines == Lines::kChanges)
    spdlog::info("{}: back after {}", state.subject, DurationText(now_() - state.since));
}

std::vector<HealthCheck> Health::Checks() const {
  std::lock_guard lock(mutex_);
  std::vector<HealthCheck> checks;
  for (const State& state : parts_) {
    auto trouble = TroubleOf(state);
    if (!state.troubles.empty()) *trouble += fmt::format(" (for {})", DurationText(now_() - state.since));
    checks.push_back({state.name, std::move(trouble)});
  }
  return checks;
}

bool Health::Ready() const {
  std::lock_guard lock(mutex_);
  return std::none_of(parts_.begin(), parts_.end(), [](const State& state) { return TroubleOf(state).has_value(); });
}

void Health::Remind() {
  std::lock_guard lock(mutex_);
  const auto now = now_();
  for (State& state : parts_) {
    if (state.troubles.empty() || state.lines == Lines::kNone || now < state.reminder) continue;
    spdlog::warn("{}: still not working after {}: {}", state.subject, DurationText(now - state.since),
                 *TroubleOf(state));
    state.interval = std::min<std::chrono::seconds>(state.interval * kGrowth, kLastReminder);
    state.reminder = now + state.interval;
  }
}

}  // namespace ytterby
