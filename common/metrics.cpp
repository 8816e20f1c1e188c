#include "common/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace ytterby {

struct Metrics::Families {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
};

namespace {

prometheus::Labels ToLabels(const Labels& labels) { return {labels.begin(), labels.end()}; }

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                          1,     2.5,    5,     10,   30,    60,   120, 300,  600};

}  // namespace

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::Count(const std::string& name, const std::string& help, const Labels& labels, double by) {
  std::lock_guard lock(families_->mutex);
  auto*& family = families_->counters[name];
  if (!family) family = &prometheus::BuildCounter().Name(name).Help(help).Register(families_->registry);
  family->Add(ToLabels(labels)).Increment(by);
}

void Metrics::Set(const std::string& name, const std::string& help, const Labels& labels, double value) {
  std::lock_guard lock(families_->mutex);
  auto*& family = families_->gauges[name];
  if (!family) family = &prometheus::BuildGauge().Name(name).Help(help).Register(families_->registry);
  family->Add(ToLabels(labels)).Set(value);
}

void Metrics::RemoveGauge(const std::string& name, const Labels& labels) {
  std::lock_guard lock(families_->mutex);
  const auto family = families_->gauges.find(name);
  if (family != families_->gauges.end() && family->second->Has(ToLabels(labels)))
    family->second->Remove(&family->second->Add(ToLabels(labels)));
}

void Metrics::Observe(const std::string& name, const std::string& help, const Labels& labels, double seconds) {
  std::lock_guard lock(families_->mutex);
  auto*& family = families_->histograms[name];
  if (!family) family = &prometheus::BuildHistogram().Name(name).Help(help).Register(families_->registry);
  family->Add(ToLabels(labels), kSeconds).Observe(seconds);
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

std::vector<std::string> Metrics::Names() const {
  std::lock_guard lock(families_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, family] : families_->counters) names.push_back(name + " counter");
  for (const auto& [name, family] : families_->gauges) names.push_back(name + " gauge");
  for (const auto& [name, family] : families_->histograms) names.push_back(name + " histogram");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ytterby
