// Fetches over HTTP from servers that may be slow, moved, wrongly configured or hostile. Every address that is
// connected to is judged, redirects are followed here, and time, headers and bytes have limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/address.hpp"
#include "common/http/url.hpp"
#include "common/result.hpp"

namespace ytterby {

struct FetchRequest {
  std::string url;
  std::string user_agent;
  std::string etag, last_modified;      // validators of what is already there; sent as they were received
  std::string authorization;            // the value of Authorization; only ever sent to the origin of `url`
  std::set<std::string> allowed_hosts;  // may be at addresses that are not public
  std::string ca_file;                  // certificates of authorities; empty: the system's
  std::uint64_t max_bytes = 32u << 20;  // of the body, on the wire and after decompression
  std::chrono::milliseconds connect_timeout{15'000}, timeout{120'000};
};

enum class FetchFailure {
  kNone,         // an answer came, whatever its status
  kRefused,      // the address or the scheme may not be used
  kUnresolved,   // the host has no address
  kUnreachable,  // no connection, or one that broke
  kTimeout,
  kTls,
  kTooLarge,   // more bytes than allowed, or more headers
  kRedirects,  // too many, or one that leads nowhere
  kProtocol,
};

struct FetchRedirect {
  int status = 0;
  std::string to;
};

struct FetchResponse {
  FetchFailure failure = FetchFailure::kNone;
  std::string message;                           // of a failure
  AddressClass refused = AddressClass::kPublic;  // the class of the address, if that was refused
  int status = 0;
  std::string url;  // where the answer came from
  std::vector<FetchRedirect> redirects;
  std::vector<std::pair<std::string, std::string>> headers;  // of the last answer, names in lower case
  std::string body;                                          // decompressed
  std::uint64_t wire_bytes = 0;                              // of all bodies
  int requests = 0;

  // The first value of a header, empty if it is not there.
  std::string_view Header(std::string_view name) const;
};

// At most one request at a time goes to an origin, at least `host_interval` after the one before. Used by one thread.
class HttpFetcher {
 public:
  using Done = std::function<void(FetchResponse)>;

  explicit HttpFetcher(std::chrono::milliseconds host_interval);
  ~HttpFetcher();
  HttpFetcher(const HttpFetcher&) = delete;
  HttpFetcher& operator=(const HttpFetcher&) = delete;

  // `done` is called within Run.
  void Submit(FetchRequest request, Done done);
  // Works for at most `wait`, or until something has ended.
  void Run(std::chrono::milliseconds wait);
  std::size_t pending() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Fetches one thing and waits for it.
FetchResponse Fetch(FetchRequest request);

// The numeric addresses of a host, as the system resolves it.
std::vector<std::string> AddressesOf(const std::string& host);

}  // namespace ytterby
