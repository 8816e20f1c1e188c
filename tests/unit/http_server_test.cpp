#include "common/http/http_server.hpp"

#include <gtest/gtest.h>

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <chrono>
#include <memory>
#include <vector>

#include "common/health.hpp"
#include "common/metrics.hpp"
#include "common/version.hpp"
#include "tests/support/http_client.hpp"

namespace ytterby {
namespace {

using testing::AnswerTo;
using testing::Client;
using testing::Get;

Poco::Net::StreamSocket SlowClient(int port) { return Client(port, "GET /readyz HTTP/1.1\r\n"); }

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

struct TestServer {
  explicit TestServer(HttpLimits limits) : health(metrics) {
    auto started = HttpServer::Start("127.0.0.1:0", metrics, health, limits);
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  int port() const { return server->port(); }
  Metrics metrics;
  Health health;
  std::unique_ptr<HttpServer> server;
};

TEST(HttpServerTest, ARequestThatIsNotWholeInTimeGets408) {
  const TestServer server({.request = std::chrono::milliseconds(200)});
  for (const std::string half : {"", "GET /livez HTTP/1.1\r\nHost:"})
    EXPECT_TRUE(AnswerTo(server.port(), half).starts_with("HTTP/1.1 408 ")) << half;
  EXPECT_EQ(Get(server.port(), "/livez").first, 200);
}

TEST(HttpServerTest, WhatIsNoRequestOrTooLongIsRefused) {
  const TestServer server({});
  EXPECT_TRUE(AnswerTo(server.port(), "\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(AnswerTo(server.port(), std::string(300, 'x') + " / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(AnswerTo(server.port(), "GET /" + std::string(9000, 'x')).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(AnswerTo(server.port(), "POST /livez HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(AnswerTo(server.port(), "GET /livez?probe=1 HTTP/1.0\n\n").ends_with("\r\n\r\nok\n"));
  const std::string head = AnswerTo(server.port(), "HEAD /livez HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n")) << head;
  // A body that nobody reads must not cost the client its answer.
  EXPECT_TRUE(
      AnswerTo(server.port(), "POST /metrics HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody").starts_with("HTTP/1.1 405 "));
}

TEST(HttpServerTest, IdleClientsMakeRoomForOthers) {
  const TestServer server({.connections = 8});
  std::vector<Poco::Net::StreamSocket> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(Client(server.port(), ""));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get(server.port(), "/livez").first, 200);
  EXPECT_TRUE(AnswerTo(idle.front()).starts_with("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace ytterby
