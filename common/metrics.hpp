// The metrics of a process: one prometheus-cpp registry, served at /metrics. Each side declares its families in one
// file (producers/producer_events.cpp, consumers/signals/consumer_events.cpp, consumers/relay/relay_events.cpp,
// common/health.cpp), in constructors, so that every series exists at 0 from the start. A metric's name is an
// interface: tests/fixtures/metric_names.txt lists them all.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace ytterby {

using Labels = std::map<std::string, std::string>;

// Thread-safe. Families and series live as long as this object.
class Metrics {
 public:
  // Declares ytterby_build_info and process_*.
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The family of this name, declared by the first call.
  prometheus::Family<prometheus::Counter>& Counters(const std::string& name, const std::string& help);
  prometheus::Family<prometheus::Gauge>& Gauges(const std::string& name, const std::string& help);
  prometheus::Family<prometheus::Histogram>& Histograms(const std::string& name, const std::string& help);

  // Prometheus text format.
  std::string Text() const;
  // Every family with its type, sorted: `ytterby_documents_total counter`.
  std::vector<std::string> Names() const;

 private:
  class Process;
  void Note(const std::string& name, const char* type);

  mutable std::mutex mutex_;
  std::set<std::string> names_;  // the registry leaves out families without series
  std::unique_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Process> process_;
};

// One series; a new one starts at 0.
prometheus::Counter& Series(prometheus::Family<prometheus::Counter>& family, const Labels& labels);
prometheus::Gauge& Series(prometheus::Family<prometheus::Gauge>& family, const Labels& labels);
// Buckets in seconds from 1 ms to 10 min.
prometheus::Histogram& Series(prometheus::Family<prometheus::Histogram>& family, const Labels& labels);

// What both sides count, under one name and with one help text.

// ytterby_errors_total by stage and type (ops/runbook.md says what to do about each). All combinations exist from the
// start.
class ErrorCounters {
 public:
  explicit ErrorCounters(Metrics& metrics);
  void Count(const std::string& stage, const std::string& type);

 private:
  prometheus::Family<prometheus::Counter>& errors_;
};

// ytterby_dead_letters_waiting counts the letters that are neither closed nor waived;
// ytterby_dead_letters_oldest_seconds is the age of the oldest, 0 if there is none.
class WaitingLetters {
 public:
  explicit WaitingLetters(Metrics& metrics);
  void Set(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest_seconds);

 private:
  prometheus::Family<prometheus::Gauge>& waiting_;
  prometheus::Family<prometheus::Gauge>& oldest_;
};

}  // namespace ytterby
