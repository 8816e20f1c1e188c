// The one HTTP server of a process: /metrics, /livez, /readyz, /version.
#pragma once

#include <memory>
#include <string>

#include "common/http/http_limits.hpp"
#include "common/result.hpp"

namespace ytterby {

class Health;
class Metrics;

// No page waits for a part: /readyz and /metrics report what is already known. /livez is answered on the thread of the
// connections, so that no other page and no client holds it up.
class HttpServer {
 public:
  // Listens on host:port (port 0: a free one). kConfiguration for a bad address, kUnavailable if it is in use.
  // `metrics` and `health` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& listen, const Metrics& metrics,
                                                   const Health& health, HttpLimits limits = {});
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace ytterby
