// What all web feeds of a process share: connections, robots.txt, the state of pages, the name it goes by.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/http/fetcher.hpp"
#include "producers/feeds/http/page_store.hpp"
#include "producers/feeds/http/robots.hpp"

namespace ytterby {

struct WebClientOptions {
  std::string contact;  // stands in the User-Agent: a mail address or a URL
  std::chrono::milliseconds host_interval{1'000};
};

struct WebAnswer {
  FetchResponse response;  // of robots.txt, if that could not be had
  std::string forbidden;   // what robots.txt says against it; the page was not asked for then
};

// Used by one thread.
class WebClient {
 public:
  using Done = std::function<void(WebAnswer)>;
  // A null `store` counts and keeps nothing.
  WebClient(WebClientOptions options, std::unique_ptr<PageStore> store, const Clock& clock);

  // Asks robots.txt of the origin first, which is kept for a day. `done` is called within Run, or at once when
  // robots.txt is known to forbid the page. `known_bytes`: how many bytes a 304 saves.
  void Get(FetchRequest request, std::uint64_t known_bytes, Done done);
  void Run(std::chrono::milliseconds wait) { fetcher_.Run(wait); }
  std::size_t pending() const { return fetcher_.pending(); }
  PageStore& store() { return *store_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Asked {
    FetchRequest request;
    std::uint64_t known_bytes = 0;
    Done done;
  };
  struct Site {
    std::optional<Robots> robots;
    std::optional<FetchResponse> trouble;  // why everything is forbidden
    std::chrono::steady_clock::time_point until{};
    std::vector<Asked> waiting;
  };
  void OnRobots(const std::string& origin, const FetchResponse& response);
  void Send(const Site& site, Asked asked);
  void Count(const std::string& host, const FetchResponse& response, std::uint64_t known_bytes);

  const WebClientOptions options_;
  const std::unique_ptr<PageStore> store_;
  const Clock& clock_;
  const std::string user_agent_;
  HttpFetcher fetcher_;
  std::map<std::string, Site> sites_;  // by origin
};

}  // namespace ytterby
