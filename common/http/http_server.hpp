// The one HTTP server of a process: /metrics, /livez, /readyz, /version.
#pragma once

#include <memory>
#include <string>

#include "common/result.hpp"

namespace ytterby {

class Health;
class Metrics;

// No page waits for anything: /readyz and /metrics report what is already known. A slow client blocks one of the
// server's threads for a few seconds at most.
class HttpServer {
 public:
  // Listens on host:port (port 0: a free one). kConfiguration for a bad address, kUnavailable if it is in use.
  // `metrics` and `health` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& listen, const Metrics& metrics,
                                                   const Health& health);
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace ytterby
