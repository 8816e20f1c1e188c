// The one HTTP server of a process: /metrics, /livez, /readyz, /version.
#pragma once

#include <functional>
#include <memory>
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

class HttpServer {
 public:
  // Listens on host:port (port 0: a free one). kConfiguration for a bad address, kUnavailable when it is taken.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& listen, const Metrics& metrics, std::string version,
                                                   std::vector<ReadinessCheck> checks);
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace ytterby
