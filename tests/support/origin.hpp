// A web server whose every byte a test decides: loopback, a free port, one thread.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <fmt/format.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ytterby::testing {

struct OriginRequest {
  std::string path, head;  // with the query; the whole head in lower case
  bool Says(std::string_view words) const { return head.find(words) != std::string::npos; }
};

// An answer with a body; `headers` are whole lines, each with its line end.
inline std::string Answer(int status, std::string_view body, std::string_view headers = {}) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(),
                     headers, body);
}

class Origin {
 public:
  // What `handler` returns is sent as it is.
  explicit Origin(std::function<std::string(const OriginRequest&)> handler)
      : handler_(std::move(handler)),
        server_(Poco::Net::SocketAddress("127.0.0.1", 0)),
        thread_([this](const std::stop_token& stop) { Serve(stop); }) {}

  std::string Url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", server_.address().port(), path);
  }
  std::string UrlAt(std::string_view host, std::string_view path) const {
    return fmt::format("http://{}:{}{}", host, server_.address().port(), path);
  }
  // The requests so far, without those for robots.txt; forgets them.
  std::vector<OriginRequest> TakeRequests() {
    std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
  }

 private:
  void Serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!server_.poll(Poco::Timespan(0, 20'000), Poco::Net::Socket::SELECT_READ)) continue;
      Poco::Net::StreamSocket client = server_.acceptConnection();
      try {
        client.setReceiveTimeout(Poco::Timespan(5, 0));
        OriginRequest request;
        char buffer[4096];
        while (request.head.find("\r\n\r\n") == std::string::npos) {
          const int n = client.receiveBytes(buffer, sizeof buffer);
          if (n <= 0) break;
          request.head.append(buffer, static_cast<std::size_t>(n));
        }
        const std::size_t begin = request.head.find(' ') + 1;
        request.path = request.head.substr(begin, request.head.find(' ', begin) - begin);
        for (char& c : request.head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const std::string answer = handler_(request);
        if (request.path != "/robots.txt") {
          std::lock_guard lock(mutex_);
          requests_.push_back(request);
        }
        for (std::size_t sent = 0; sent < answer.size();)
          sent +=
              static_cast<std::size_t>(client.sendBytes(answer.data() + sent, static_cast<int>(answer.size() - sent)));
        client.shutdownSend();
      } catch (const Poco::Exception&) {
        continue;  // the client went away, as it does on an answer that it refuses
      }
    }
  }

  const std::function<std::string(const OriginRequest&)> handler_;
  std::mutex mutex_;
  std::vector<OriginRequest> requests_;
  Poco::Net::ServerSocket server_;
  std::jthread thread_;
};

}  // namespace ytterby::testing
