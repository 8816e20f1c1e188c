#include "common/http_server.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <iterator>

namespace ytterby {
namespace {

std::pair<int, std::string> Get(int port, const std::string& path) {
  Poco::Net::HTTPClientSession session("127.0.0.1", static_cast<Poco::UInt16>(port));
  Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
  session.sendRequest(request);
  Poco::Net::HTTPResponse response;
  std::istream& body = session.receiveResponse(response);
  return {response.getStatus(), std::string(std::istreambuf_iterator<char>(body), {})};
}

// A thread that still ends an answer after the server, or while the process ends, uses what is gone already.
TEST(HttpServerTest, IsGoneOnlyWhenItsLastAnswerIs) {
  const Metrics metrics;
  Readiness readiness;
  std::promise<void> asked;
  std::promise<void> gone;
  std::atomic<bool> answered = false;
  readiness.Set("slow", [&]() -> std::optional<std::string> {
    asked.set_value();
    gone.get_future().wait_for(std::chrono::milliseconds(600));
    answered = true;
    return std::nullopt;
  });
  auto server = HttpServer::Start("127.0.0.1:0", metrics, "1", readiness);
  ASSERT_TRUE(server) << server.error().message;
  Poco::Net::StreamSocket client(Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>((*server)->port())));
  const std::string request = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
  client.sendBytes(request.data(), static_cast<int>(request.size()));
  asked.get_future().wait();
  server->reset();
  EXPECT_TRUE(answered);
  gone.set_value();
}

TEST(HttpServerTest, ServesMetricsLivenessReadinessAndVersion) {
  Metrics metrics;
  metrics.Count("ytterby_test_total", "A test", {{"kind", "x"}}, 3);
  std::optional<std::string> trouble = "store away";
  Readiness readiness;
  readiness.Set("store", [] { return std::optional<std::string>("not opened yet"); });
  auto server = HttpServer::Start("127.0.0.1:0", metrics, "1.2.3", readiness);
  ASSERT_TRUE(server) << server.error().message;
  const int port = (*server)->port();
  EXPECT_NE(Get(port, "/metrics").second.find("ytterby_test_total{kind=\"x\"} 3"), std::string::npos);
  EXPECT_EQ(Get(port, "/livez").first, 200);
  EXPECT_NE(Get(port, "/readyz").second.find("not opened yet"), std::string::npos);
  readiness.Set("store", [&] { return trouble; });
  const auto unready = Get(port, "/readyz");
  EXPECT_EQ(unready.first, 503);
  EXPECT_NE(unready.second.find("store away"), std::string::npos);
  trouble.reset();
  EXPECT_EQ(Get(port, "/readyz").first, 200);
  EXPECT_NE(Get(port, "/version").second.find("1.2.3"), std::string::npos);
  EXPECT_EQ(Get(port, "/nothing").first, 404);
  EXPECT_EQ(HttpServer::Start("127.0.0.1:" + std::to_string(port), metrics, "", readiness).error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace ytterby
