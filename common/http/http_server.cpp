#include "common/http/http_server.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>

#include "common/health.hpp"
#include "common/json_writer.hpp"
#include "common/metrics.hpp"
#include "common/version.hpp"

namespace ytterby {
namespace {

using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

struct Pages {
  const Metrics& metrics;
  const Health& health;
};

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(const Pages& pages) : pages_(pages) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    const std::string path = request.getURI().substr(0, request.getURI().find('?'));
    if (request.getMethod() != "GET" && request.getMethod() != "HEAD") {
      Send(response, HTTPResponse::HTTP_METHOD_NOT_ALLOWED, "text/plain", "GET only\n");
    } else if (path == "/metrics") {
      Send(response, HTTPResponse::HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", pages_.metrics.Text());
    } else if (path == "/livez") {
      Send(response, HTTPResponse::HTTP_OK, "text/plain", "ok\n");
    } else if (path == "/readyz") {
      Ready(response);
    } else if (path == "/version") {
      JsonWriter json;
      json.BeginObject().Field("name", "ytterby").Field("version", kVersion).EndObject();
      Send(response, HTTPResponse::HTTP_OK, "application/json", json.Take() + "\n");
    } else {
      Send(response, HTTPResponse::HTTP_NOT_FOUND, "text/plain", "pages: /metrics /livez /readyz /version\n");
    }
  }

 private:
  void Ready(HTTPServerResponse& response) {
    bool ready = true;
    JsonWriter json;
    json.BeginObject().Key("checks").BeginArray();
    for (const HealthCheck& check : pages_.health.Checks()) {
      ready = ready && !check.trouble;
      json.BeginObject()
          .Field("check", check.part)
          .Key("ok")
          .Bool(!check.trouble)
          .Field("message", check.trouble)
          .EndObject();
    }
    json.EndArray().Key("ready").Bool(ready).EndObject();
    Send(response, ready ? HTTPResponse::HTTP_OK : HTTPResponse::HTTP_SERVICE_UNAVAILABLE, "application/json",
         json.Take() + "\n");
  }

  static void Send(HTTPServerResponse& response, HTTPResponse::HTTPStatus status, const std::string& type,
                   const std::string& body) {
    response.setStatusAndReason(status);
    response.setContentType(type);
    response.setContentLength(static_cast<int>(body.size()));
    response.send() << body;
  }

  const Pages& pages_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(const Pages& pages) : pages_(pages) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return new Handler(pages_); }

 private:
  const Pages& pages_;
};

class PocoServer final : public HttpServer {
 public:
  PocoServer(const Poco::Net::SocketAddress& address, Pages pages)
      : pages_(pages), socket_(Listen(address)), server_(new Factory(pages_), threads_, socket_, Parameters()) {
    server_.start();
  }
  // Returns after the last answer: from then on no thread may use the pages or the library's own globals.
  ~PocoServer() override {
    server_.stopAll(true);
    threads_.joinAll();
  }
  int port() const override { return socket_.address().port(); }

 private:
  // Without SO_REUSEPORT, which Poco sets by default: a second process on the port must be refused, not share it.
  static Poco::Net::ServerSocket Listen(const Poco::Net::SocketAddress& address) {
    Poco::Net::ServerSocket socket;
    socket.bind(address, true, false);
    socket.listen();
    return socket;
  }

  static Poco::Net::HTTPServerParams::Ptr Parameters() {
    Poco::Net::HTTPServerParams::Ptr parameters(new Poco::Net::HTTPServerParams);
    parameters->setMaxThreads(kMaxThreads);
    parameters->setMaxQueued(64);
    parameters->setTimeout(Poco::Timespan(kSlowestClientSeconds, 0));
    parameters->setKeepAlive(false);
    return parameters;
  }

  // Enough that a few slow clients do not keep probes waiting; idle threads end.
  static constexpr int kMaxThreads = 64;
  static constexpr long kSlowestClientSeconds = 5;

  Pages pages_;
  Poco::Net::ServerSocket socket_;
  // A separate pool: the threads of the library's default pool live until the process ends.
  Poco::ThreadPool threads_{"http", 1, kMaxThreads};
  Poco::Net::HTTPServer server_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& listen, const Metrics& metrics,
                                                      const Health& health) {
  try {
    const Poco::Net::SocketAddress address(listen);
    return std::unique_ptr<HttpServer>(std::make_unique<PocoServer>(address, Pages{metrics, health}));
  } catch (const Poco::Net::NetException& error) {
    return Fail(ErrorKind::kUnavailable, fmt::format("http.listen {}: {}", listen, error.displayText()));
  } catch (const Poco::Exception& error) {
    return Fail(ErrorKind::kConfiguration, fmt::format("http.listen {}: {}", listen, error.displayText()));
  }
}

}  // namespace ytterby
