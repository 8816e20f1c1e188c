// The one HTTP server of a process: /metrics, /livez, /readyz, /version.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics.hpp"
#include "common/result.hpp"

namespace ytterby {

// nullopt: fine; else what is wrong.
struct ReadinessCheck {
  std::string name;
  std::function<std::optional<std::string>()> failing;
};

// The checks behind /readyz. Grows while the server runs, so that a process answers before its log does. Thread-safe.
class Readiness {
 public:
  // Adds a check, or replaces the one of that name. It must outlive the server or be replaced.
  void Set(const std::string& name, std::function<std::optional<std::string>()> failing);
  std::vector<ReadinessCheck> checks() const;

 private:
  mutable std::mutex mutex_;
  std::vector<ReadinessCheck> checks_;
};

class HttpServer {
 public:
  // Listens on host:port (port 0: a free one). kConfiguration for a bad address, kUnavailable when it is taken.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& listen, const Metrics& metrics, std::string version,
                                                   const Readiness& readiness);
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace ytterby
