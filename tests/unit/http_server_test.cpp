#include "common/http_server.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <gtest/gtest.h>

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
