#include "common/http/connection_loop.hpp"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketImpl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <optional>

#include "tests/support/http_client.hpp"

namespace ytterby {
namespace {

using testing::AnswerTo;
using testing::Client;
using testing::Get;

// A rendering that never ends, as far as the connections can tell.
TEST(ConnectionLoopTest, APageThatTakesLongHoldsUpNeitherLivenessNorConnections) {
  Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  const int port = socket.address().port();
  std::promise<void> finish;
  const auto finished = finish.get_future().share();
  {
    ConnectionLoop loop(
        dup(socket.impl()->sockfd()), {.connections = 4, .pages = 2},
        [](const HttpRequest& request) {
          return request.path == "/livez" ? std::optional<HttpAnswer>(HttpAnswer{200, "text/plain", "ok\n"})
                                          : std::nullopt;
        },
        [&](const HttpRequest& request) {
          finished.wait();
          return HttpAnswer{200, "text/plain", request.path};
        });
    Poco::Net::StreamSocket one = Client(port, "GET /one HTTP/1.1\r\n\r\n");
    Poco::Net::StreamSocket two = Client(port, "GET /two HTTP/1.1\r\n\r\n");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(Get(port, "/livez").second, "ok\n");
    EXPECT_EQ(Get(port, "/three").first, 503);
    finish.set_value();
    EXPECT_TRUE(AnswerTo(two).ends_with("/two"));
    EXPECT_TRUE(AnswerTo(one).ends_with("/one"));
  }
}

TEST(ConnectionLoopTest, AClientThatDoesNotReadItsAnswerIsCutOff) {
  Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  const int port = socket.address().port();
  ConnectionLoop loop(
      dup(socket.impl()->sockfd()), {.connections = 1, .answer = std::chrono::milliseconds(300)},
      [](const HttpRequest& request) {
        return HttpAnswer{200, "text/plain", request.path == "/long" ? std::string(50'000'000, 'x') : "ok\n"};
      },
      [](const HttpRequest&) { return HttpAnswer{}; });
  Poco::Net::StreamSocket deaf = Client(port, "GET /long HTTP/1.1\r\n\r\n");
  char first = 0;
  ASSERT_EQ(deaf.receiveBytes(&first, 1), 1);
  // It holds the only connection until it is cut off.
  const auto begun = std::chrono::steady_clock::now();
  bool was_full = false;
  while (Get(port, "/livez").first != 200) {
    was_full = true;
    ASSERT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  }
  EXPECT_TRUE(was_full);
  EXPECT_LT(AnswerTo(deaf).size(), 50'000'000u);
}

}  // namespace
}  // namespace ytterby
