#include "common/http/http_server.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <chrono>
#include <iterator>
#include <vector>

#include "common/health.hpp"
#include "common/metrics.hpp"
#include "common/version.hpp"

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

// A client that sends half a request and waits.
Poco::Net::StreamSocket SlowClient(int port) {
  Poco::Net::StreamSocket client(Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(port)));
  const std::string half = "GET /readyz HTTP/1.1\r\n";
  client.sendBytes(half.data(), static_cast<int>(half.size()));
  return client;
}

TEST(HttpServerTest, ServesMetricsLivenessReadinessAndVersion) {
  Metrics metrics;
  Series(metrics.Counters("ytterby_test_total", "A test"), {{"kind", "x"}}).Increment(3);
  Health health(metrics);
  health.Expect("store", "store", "not opened yet", Health::Lines::kNone);
  auto server = HttpServer::Start("127.0.0.1:0", metrics, health);
  ASSERT_TRUE(server) << server.error().message;
  const int port = (*server)->port();
  EXPECT_NE(Get(port, "/metrics").second.find("ytterby_test_total{kind=\"x\"} 3"), std::string::npos);
  EXPECT_EQ(Get(port, "/livez").first, 200);
  EXPECT_NE(Get(port, "/readyz").second.find("not opened yet"), std::string::npos);
  EXPECT_EQ(Get(port, "/readyz").first, 503);
  health.Up("store", "test");
  EXPECT_EQ(Get(port, "/readyz").first, 200);
  health.Down("store", "test", "store away");
  const auto unready = Get(port, "/readyz");
  EXPECT_EQ(unready.first, 503);
  EXPECT_NE(unready.second.find("store away"), std::string::npos);
  EXPECT_NE(Get(port, "/version").second.find(kVersion), std::string::npos);
  EXPECT_EQ(Get(port, "/nothing").first, 404);
  EXPECT_EQ(HttpServer::Start("127.0.0.1:" + std::to_string(port), metrics, health).error().kind,
            ErrorKind::kUnavailable);
}

// Probing a part that does not answer once blocked a server thread; after four such probes /livez was no longer served.
TEST(HttpServerTest, StaysAliveBesidePartsThatDoNotAnswerAndClientsThatAreSlow) {
  Metrics metrics;
  Health health(metrics);
  health.Expect("store", "store", "does not answer", Health::Lines::kNone);
  auto server = HttpServer::Start("127.0.0.1:0", metrics, health);
  ASSERT_TRUE(server) << server.error().message;
  std::vector<Poco::Net::StreamSocket> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(SlowClient((*server)->port()));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Get((*server)->port(), "/readyz").first, 503);
    EXPECT_EQ(Get((*server)->port(), "/livez").first, 200);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4))
      << "the server waits 5 s for a slow client";
}

}  // namespace
}  // namespace ytterby
