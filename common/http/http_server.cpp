#include "common/http/http_server.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketImpl.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "common/health.hpp"
#include "common/http/connection_loop.hpp"
#include "common/json_writer.hpp"
#include "common/metrics.hpp"
#include "common/version.hpp"

namespace ytterby {
namespace {

constexpr int kBacklog = 1024;
constexpr const char* kJson = "application/json";

std::optional<HttpAnswer> Liveness(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return HttpAnswer{405, "text/plain", "GET only\n"};
  if (request.path == "/livez") return HttpAnswer{200, "text/plain", "ok\n"};
  return std::nullopt;
}

HttpAnswer Readiness(const Health& health) {
  bool ready = true;
  JsonWriter json;
  json.BeginObject().Key("checks").BeginArray();
  for (const HealthCheck& check : health.Checks()) {
    ready = ready && !check.trouble;
    json.BeginObject()
        .Field("check", check.part)
        .Key("ok")
        .Bool(!check.trouble)
        .Field("message", check.trouble)
        .EndObject();
  }
  json.EndArray().Key("ready").Bool(ready).EndObject();
  return {ready ? 200 : 503, kJson, json.Take() + "\n"};
}

HttpAnswer Page(const HttpRequest& request, const Metrics& metrics, const Health& health) {
  if (request.path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics.Text()};
  if (request.path == "/readyz") return Readiness(health);
  if (request.path == "/version") {
    JsonWriter json;
    json.BeginObject().Field("name", "ytterby").Field("version", kVersion).EndObject();
    return {200, kJson, json.Take() + "\n"};
  }
  return {404, "text/plain", "pages: /metrics /livez /readyz /version\n"};
}

// Without SO_REUSEPORT, which Poco sets by default: a second process on the port must be refused, not share it.
Poco::Net::ServerSocket Listen(const std::string& listen) {
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress(listen), true, false);
  socket.listen(kBacklog);
  return socket;
}

// A descriptor of its own for the loop, which closes it.
int DescriptorOf(const Poco::Net::ServerSocket& socket) {
  const int copy = fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "http.listen");
  return copy;
}

class LoopServer final : public HttpServer {
 public:
  LoopServer(const Poco::Net::ServerSocket& socket, HttpLimits limits, const Metrics& metrics, const Health& health)
      : port_(socket.address().port()),
        loop_(DescriptorOf(socket), limits, &Liveness,
              [&metrics, &health](const HttpRequest& request) { return Page(request, metrics, health); }) {}
  int port() const override { return port_; }

 private:
  int port_;
  ConnectionLoop loop_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& listen, const Metrics& metrics,
                                                      const Health& health, HttpLimits limits) {
  try {
    return std::unique_ptr<HttpServer>(std::make_unique<LoopServer>(Listen(listen), limits, metrics, health));
  } catch (const Poco::Net::NetException& error) {
    return Fail(ErrorKind::kUnavailable, fmt::format("http.listen {}: {}", listen, error.displayText()));
  } catch (const Poco::Exception& error) {
    return Fail(ErrorKind::kConfiguration, fmt::format("http.listen {}: {}", listen, error.displayText()));
  }
}

}  // namespace ytterby
