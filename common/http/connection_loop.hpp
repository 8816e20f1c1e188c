// The connections of an HTTP server: a thread that accepts, reads and writes without ever waiting for one client, and a
// thread that renders the pages that take time. HTTP/1.1, one request a connection.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/http/http_limits.hpp"

namespace ytterby {

struct HttpRequest {
  std::string method, path;  // path: without its query
};

struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain", body;
};

// A client that sends its request too slowly gets 408, one whose head is too long gets 431, and one that is not HTTP
// gets 400. When all connections are in use, the one that has been sending its request for longest gets 503 and makes
// room. A page asked for beyond the limit of pages gets 503 as well, so that any number of clients leaves room for a
// probe.
class ConnectionLoop {
 public:
  // `at_once` runs on the thread of the connections and must not wait for anything; nullopt leaves the request to
  // `render`, which runs on a thread of its own. Takes over `listening`, a bound and listening socket.
  ConnectionLoop(int listening, HttpLimits limits, std::function<std::optional<HttpAnswer>(const HttpRequest&)> at_once,
                 std::function<HttpAnswer(const HttpRequest&)> render);
  // Returns after the last answer.
  ~ConnectionLoop();
  ConnectionLoop(const ConnectionLoop&) = delete;
  ConnectionLoop& operator=(const ConnectionLoop&) = delete;

 private:
  using Time = std::chrono::steady_clock::time_point;
  // Reading the request, waiting for its page, writing the answer, letting the client read it.
  enum class Step { kRead, kRender, kWrite, kLinger };
  struct Connection {
    int socket;
    Time deadline;
    Step step = Step::kRead;
    bool head_only = false;
    bool page = false;  // its answer is rendered
    std::string in{}, out{};
    std::size_t sent = 0;
  };
  using Connections = std::map<std::uint64_t, Connection>;  // by number, the oldest first

  void Run(const std::stop_token& stop);
  void RenderPages(const std::stop_token& stop);
  void Wake();
  void Accept();
  bool MakeRoom();
  void TakeRequest(std::uint64_t number, Connection& connection);
  void TakeRendered();
  // Without the memory for it the connection ends.
  void Answer(Connection& connection, const HttpAnswer& answer);
  // False: the connection is at its end.
  bool Advance(std::uint64_t number, Connection& connection);
  bool Read(std::uint64_t number, Connection& connection);
  bool Write(Connection& connection);
  bool Linger(Connection& connection);
  void CloseLate(Time now);
  Connections::iterator Close(Connections::iterator connection);
  std::optional<Time> NextDeadline() const;

  const HttpLimits limits_;
  const std::function<std::optional<HttpAnswer>(const HttpRequest&)> at_once_;
  const std::function<HttpAnswer(const HttpRequest&)> render_;
  int listening_;
  int wake_;                 // an eventfd
  int spare_ = -1;           // a descriptor to give up for a client when there is no other
  Time accept_again_{};      // after the process ran out of descriptors
  Connections connections_;  // of the loop's thread
  std::uint64_t accepted_ = 0;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::deque<std::pair<std::uint64_t, HttpRequest>> to_render_;
  std::deque<std::pair<std::uint64_t, HttpAnswer>> rendered_;
  std::jthread pages_, loop_;
};

}  // namespace ytterby
