// Metrics: one registry a process, served at /metrics. The names of each side stand in one file
// (producers/producer_events.cpp, consumers/consumer_events.cpp), because a metric's name is an interface.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace ytterby {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Thread-safe. A metric with the same name and labels is the same metric; it lives as long as the registry.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void Count(const std::string& name, const std::string& help, const Labels& labels, double by = 1);
  void Set(const std::string& name, const std::string& help, const Labels& labels, double value);
  void RemoveGauge(const std::string& name, const Labels& labels);  // which nobody can tell any more
  // Buckets in seconds from 1 ms to 10 min.
  void Observe(const std::string& name, const std::string& help, const Labels& labels, double seconds);

  // Prometheus text format.
  std::string Text() const;
  // The names registered so far with their types, sorted: `ytterby_documents_total counter`.
  std::vector<std::string> Names() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace ytterby
