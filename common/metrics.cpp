#include "common/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/version.hpp"

namespace ytterby {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                          1,     2.5,    5,     10,   30,    60,   120, 300,  600};

const char* TypeName(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    case prometheus::MetricType::Summary:
      return "summary";
    case prometheus::MetricType::Untyped:
      return "untyped";
  }
  return "";
}

prometheus::MetricFamily One(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

// The usual process_* metrics of Prometheus' client libraries, read at each scrape.
class Metrics::Process final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    using prometheus::MetricType;
    std::vector<prometheus::MetricFamily> families;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    families.push_back(One("process_cpu_seconds_total", "User and system CPU time in seconds", MetricType::Counter,
                           SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime)));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    std::ifstream memory("/proc/self/statm");
    double total = 0, resident = 0;
    memory >> total >> resident;
    families.push_back(One("process_virtual_memory_bytes", "Virtual memory in bytes", MetricType::Gauge, total * page));
    families.push_back(
        One("process_resident_memory_bytes", "Resident memory in bytes", MetricType::Gauge, resident * page));
    std::error_code ec;
    const auto open =
        std::distance(std::filesystem::directory_iterator("/proc/self/fd", ec), std::filesystem::directory_iterator());
    families.push_back(One("process_open_fds", "Open file descriptors", MetricType::Gauge, static_cast<double>(open)));
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    families.push_back(One("process_max_fds", "Maximum number of open file descriptors", MetricType::Gauge,
                           static_cast<double>(files.rlim_cur)));
    families.push_back(One("process_threads", "Threads", MetricType::Gauge, Stat(kThreads)));
    families.push_back(One("process_start_time_seconds", "Start of the process, seconds since 1970-01-01 UTC",
                           MetricType::Gauge, start_));
    return families;
  }

 private:
  // Fields of /proc/self/stat after the command's closing bracket, counted from 0 (proc(5) counts from 3).
  static constexpr int kThreads = 17, kStartTicks = 19;

  static double Stat(int field) {
    std::ifstream file("/proc/self/stat");
    std::string all((std::istreambuf_iterator<char>(file)), {});
    std::istringstream rest(all.substr(std::min(all.size(), all.rfind(')') + 1)));
    std::string value;
    for (int i = 0; i <= field; ++i) rest >> value;
    return std::atof(value.c_str());
  }

  static double StartTime() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("btime ")) {
        return std::atof(line.c_str() + 6) + Stat(kStartTicks) / static_cast<double>(sysconf(_SC_CLK_TCK));
      }
    }
    return 0;
  }

  const double start_ = StartTime();
};

Metrics::Metrics() : registry_(std::make_unique<prometheus::Registry>()), process_(std::make_unique<Process>()) {
  Gauges("ytterby_build_info", "1, with the program's version").Add({{"version", kVersion}}).Set(1);
}

Metrics::~Metrics() = default;

prometheus::Family<prometheus::Counter>& Metrics::Counters(const std::string& name, const std::string& help) {
  Note(name, "counter");
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
}

prometheus::Family<prometheus::Gauge>& Metrics::Gauges(const std::string& name, const std::string& help) {
  Note(name, "gauge");
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
}

prometheus::Family<prometheus::Histogram>& Metrics::Histograms(const std::string& name, const std::string& help) {
  Note(name, "histogram");
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_);
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  for (prometheus::MetricFamily& family : process_->Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

void Metrics::Note(const std::string& name, const char* type) {
  std::lock_guard lock(mutex_);
  names_.insert(name + " " + type);
}

std::vector<std::string> Metrics::Names() const {
  std::vector<std::string> names;
  for (const prometheus::MetricFamily& family : process_->Collect())
    names.push_back(family.name + " " + TypeName(family.type));
  std::lock_guard lock(mutex_);
  names.insert(names.end(), names_.begin(), names_.end());
  std::sort(names.begin(), names.end());
  return names;
}

prometheus::Counter& Series(prometheus::Family<prometheus::Counter>& family, const Labels& labels) {
  return family.Add(labels);
}
prometheus::Gauge& Series(prometheus::Family<prometheus::Gauge>& family, const Labels& labels) {
  return family.Add(labels);
}
prometheus::Histogram& Series(prometheus::Family<prometheus::Histogram>& family, const Labels& labels) {
  return family.Add(labels, kSeconds);
}

namespace {

// Every stage with the types it counts.
const std::pair<const char*, std::vector<const char*>> kErrors[] = {
    {"feed", {"io", "refused"}},
    {"document",
     {"empty", "binary", "unknown-encoding", "too-large", "no-bulletin", "no-issue-number", "unreadable", "vanished",
      "parser-failed"}},
    {"append", {"retriable", "refused", "permanent"}},
    {"consume", {"retriable", "refused", "log-changed", "left-out", "gap"}},
    {"decode", {"poison"}},
    {"normalise", {"poison"}},
    {"store", {"retriable", "refused", "conflict", "poison"}},
    {"relay", {"retriable", "refused", "log-changed", "not-owner"}},
};

}  // namespace

ErrorCounters::ErrorCounters(Metrics& metrics)
    : errors_(metrics.Counters("ytterby_errors_total", "Errors by stage and type")) {
  for (const auto& [stage, types] : kErrors) {
    for (const char* type : types) Series(errors_, {{"stage", stage}, {"type", type}});
  }
}

void ErrorCounters::Count(const std::string& stage, const std::string& type) {
  Series(errors_, {{"stage", stage}, {"type", type}}).Increment();
}

WaitingLetters::WaitingLetters(Metrics& metrics)
    : waiting_(metrics.Gauges("ytterby_dead_letters_waiting",
                              "Dead letters that are neither closed nor waived, by consumer and stage")),
      oldest_(metrics.Gauges("ytterby_dead_letters_oldest_seconds",
                             "Age of the oldest waiting dead letter, 0 if there is none")) {}

void WaitingLetters::Set(const std::string& consumer, const std::string& stage, std::int64_t count,
                         double oldest_seconds) {
  const Labels labels = {{"consumer", consumer}, {"stage", stage}};
  Series(waiting_, labels).Set(static_cast<double>(count));
  Series(oldest_, labels).Set(oldest_seconds);
}

}  // namespace ytterby
