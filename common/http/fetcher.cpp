#include "common/http/fetcher.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>

#include "common/text/utf8.hpp"

namespace ytterby {

// One request, with all the requests that its redirects make of it.
struct FetchJob {
  FetchRequest request;
  HttpFetcher::Done done;
  Url url;    // of the request under way
  Url first;  // the one that was asked for
  FetchResponse response;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::size_t header_bytes = 0;
  std::uint64_t wire_before = 0;  // of the requests before a redirect
  bool too_large = false, too_many_headers = false;
  std::string refused_address;

  bool Refuses(const std::string& address) {
    if (!refused_address.empty()) return true;  // one bad address refuses the host
    const AddressClass address_class = ClassOfAddress(address);
    if (address_class == AddressClass::kPublic || request.allowed_hosts.contains(url.host)) return false;
    refused_address = address.empty() ? "an address of no known kind" : address;
    response.refused = address_class;
    return true;
  }
};

namespace {

using Steady = std::chrono::steady_clock;

constexpr int kMostRedirects = 5;
constexpr std::size_t kMostAtOnce = 64;
constexpr std::size_t kMostHeaderBytes = 64u << 10;
constexpr long kSlowBytes = 64, kSlowSeconds = 30;  // slower than this for this long is a stall

void StartCurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

std::string NumericAddress(const sockaddr* address, socklen_t size) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return text;
}

curl_socket_t OpenSocket(void* data, curlsocktype, curl_sockaddr* address) {
  auto& job = *static_cast<FetchJob*>(data);
  if (job.Refuses(NumericAddress(&address->addr, static_cast<socklen_t>(address->addrlen)))) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Also sees connections that are used again, for which no socket is opened.
int BeforeRequest(void* data, char* ip, char*, int, int) {
  return static_cast<FetchJob*>(data)->Refuses(ip ? ip : "") ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t TakeBody(char* bytes, std::size_t, std::size_t count, void* data) {
  auto& job = *static_cast<FetchJob*>(data);
  if (job.response.body.size() + count > job.request.max_bytes) {
    job.too_large = true;
    return 0;
  }
  job.response.body.append(bytes, count);
  return count;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

std::size_t TakeHeader(char* bytes, std::size_t, std::size_t count, void* data) {
  auto& job = *static_cast<FetchJob*>(data);
  job.header_bytes += count;
  if (job.header_bytes > kMostHeaderBytes) {
    job.too_many_headers = true;
    return 0;
  }
  const std::string_view line(bytes, count);
  if (line.starts_with("HTTP/")) job.response.headers.clear();  // an interim answer came before
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.starts_with("HTTP/")) return count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  job.response.headers.emplace_back(std::move(name), Trimmed(line.substr(colon + 1)));
  return count;
}

int WatchProgress(void* data, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  auto& job = *static_cast<FetchJob*>(data);
  if (static_cast<std::uint64_t>(received) <= job.request.max_bytes) return 0;
  job.too_large = true;
  return 1;
}

FetchFailure FailureOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return FetchFailure::kUnresolved;
    case CURLE_OPERATION_TIMEDOUT:
      return FetchFailure::kTimeout;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return FetchFailure::kUnreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return FetchFailure::kTls;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return FetchFailure::kRefused;
    default:
      return FetchFailure::kProtocol;
  }
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::string_view FetchResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct HttpFetcher::State {
  struct Origin {
    bool busy = false;
    Steady::time_point next{};  // no request before this
    std::deque<std::unique_ptr<FetchJob>> queue;
  };

  explicit State(std::chrono::milliseconds host_interval) : interval(host_interval) {
    StartCurl();
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 64L);
  }
  ~State() {
    for (auto& [easy, job] : running) {
      curl_multi_remove_handle(multi, easy);
      Release(*job);
    }
    curl_multi_cleanup(multi);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static void Release(FetchJob& job) {
    if (job.headers) curl_slist_free_all(std::exchange(job.headers, nullptr));
    if (job.easy) curl_easy_cleanup(std::exchange(job.easy, nullptr));
  }

  void End(std::unique_ptr<FetchJob> job) { ended.push_back(std::move(job)); }

  void Fail(std::unique_ptr<FetchJob> job, FetchFailure failure, std::string message) {
    job->response.failure = failure;
    job->response.message = SafeText(message);  // it may quote what the server sent
    End(std::move(job));
  }

  void Queue(std::unique_ptr<FetchJob> job) {
    Origin& origin = origins[job->url.origin()];
    origin.queue.push_back(std::move(job));
  }

  // Starts what may start; says when the next may.
  Steady::time_point StartDue(Steady::time_point now) {
    Steady::time_point soonest = Steady::time_point::max();
    for (auto it = origins.begin(); it != origins.end();) {
      Origin& origin = it->second;
      if (!origin.busy && origin.queue.empty() && origin.next <= now) {
        it = origins.erase(it);
        continue;
      }
      if (!origin.busy && !origin.queue.empty()) {
        if (origin.next <= now) {
          if (running.size() < kMostAtOnce) Start(origin);
        } else {
          soonest = std::min(soonest, origin.next);
        }
      }
      ++it;
    }
    return soonest;
  }

  void Start(Origin& origin) {
    std::unique_ptr<FetchJob> job = std::move(origin.queue.front());
    origin.queue.pop_front();
    origin.busy = true;
    job->easy = curl_easy_init();
    Prepare(*job);
    CURL* easy = job->easy;
    FetchJob& started = *job;
    ++started.response.requests;
    running.emplace(easy, std::move(job));
    curl_multi_add_handle(multi, easy);
  }

  static void AddHeader(FetchJob& job, const std::string& line) {
    job.headers = curl_slist_append(job.headers, line.c_str());
  }

  static void Prepare(FetchJob& job) {
    CURL* easy = job.easy;
    const FetchRequest& request = job.request;
    curl_easy_setopt(easy, CURLOPT_URL, job.url.text.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // none from the environment
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // does not wait for a name server when it ends
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // whatever can be decompressed
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, request.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowBytes);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &job);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &BeforeRequest);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, &job);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &job);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &job);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &WatchProgress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &job);
    if (!request.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    if (!request.etag.empty()) AddHeader(job, "If-None-Match: " + request.etag);
    if (!request.last_modified.empty()) AddHeader(job, "If-Modified-Since: " + request.last_modified);
    if (!request.authorization.empty() && job.url.origin() == job.first.origin())
      AddHeader(job, "Authorization: " + request.authorization);
    if (job.headers) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job.headers);
  }

  void Finish(CURL* easy, CURLcode code) {
    auto node = running.extract(easy);
    std::unique_ptr<FetchJob> job = std::move(node.mapped());
    Origin& origin = origins[job->url.origin()];
    origin.busy = false;
    origin.next = Steady::now() + interval;
    long status = 0;
    curl_off_t received = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    curl_multi_remove_handle(multi, easy);
    Release(*job);
    FetchResponse& response = job->response;
    response.status = static_cast<int>(status);
    response.url = job->url.text;
    response.wire_bytes = job->wire_before + static_cast<std::uint64_t>(received);
    if (!job->refused_address.empty()) {
      auto message = fmt::format("{} is at {}, a {} address; allow_hosts would have to name it", job->url.host,
                                 job->refused_address, AddressClassName(response.refused));
      return Fail(std::move(job), FetchFailure::kRefused, std::move(message));
    }
    if (job->too_large) {
      auto message = fmt::format("more than {} bytes", job->request.max_bytes);
      return Fail(std::move(job), FetchFailure::kTooLarge, std::move(message));
    }
    if (job->too_many_headers)
      return Fail(std::move(job), FetchFailure::kTooLarge,
                  fmt::format("more than {} bytes of headers", kMostHeaderBytes));
    if (code != CURLE_OK) return Fail(std::move(job), FailureOf(code), curl_easy_strerror(code));
    if (IsRedirect(response.status) && !response.Header("location").empty()) return Redirect(std::move(job));
    End(std::move(job));
  }

  void Redirect(std::unique_ptr<FetchJob> job) {
    FetchResponse& response = job->response;
    const std::string location(response.Header("location"));
    const auto target = ResolveUrl(job->url, location);
    if (!target)
      return Fail(std::move(job), FetchFailure::kRedirects,
                  fmt::format("a redirect to {}, which cannot be used", location));
    response.redirects.push_back({response.status, target->text});
    if (response.redirects.size() > kMostRedirects)
      return Fail(std::move(job), FetchFailure::kRedirects, fmt::format("more than {} redirects", kMostRedirects));
    if (job->url.scheme == "https" && target->scheme == "http")
      return Fail(std::move(job), FetchFailure::kRedirects, fmt::format("a redirect from https to {}", target->text));
    job->url = *target;
    job->wire_before = response.wire_bytes;
    job->header_bytes = 0;
    response.body.clear();
    response.headers.clear();
    Queue(std::move(job));
  }

  std::chrono::milliseconds interval;
  CURLM* multi = nullptr;
  std::map<std::string, Origin> origins;
  std::map<CURL*, std::unique_ptr<FetchJob>> running;
  std::deque<std::unique_ptr<FetchJob>> ended;
};

HttpFetcher::HttpFetcher(std::chrono::milliseconds host_interval) : state_(std::make_unique<State>(host_interval)) {}
HttpFetcher::~HttpFetcher() = default;

void HttpFetcher::Submit(FetchRequest request, Done done) {
  auto job = std::make_unique<FetchJob>();
  job->request = std::move(request);
  job->done = std::move(done);
  const auto url = ParseUrl(job->request.url);
  if (!url) {
    auto message = fmt::format("{}: no http or https URL", job->request.url);
    return state_->Fail(std::move(job), FetchFailure::kRefused, std::move(message));
  }
  job->url = job->first = *url;
  state_->Queue(std::move(job));
}

void HttpFetcher::Run(std::chrono::milliseconds wait) {
  State& state = *state_;
  const auto deadline = Steady::now() + wait;
  while (true) {
    const auto now = Steady::now();
    const auto soonest = state.StartDue(now);
    int running = 0;
    curl_multi_perform(state.multi, &running);
    int left = 0;
    bool finished = false;
    while (const CURLMsg* message = curl_multi_info_read(state.multi, &left)) {
      finished = true;
      if (message->msg == CURLMSG_DONE) state.Finish(message->easy_handle, message->data.result);
    }
    if (!state.ended.empty()) break;
    if (now >= deadline) return;
    if (finished) continue;  // a redirect, or the next in a queue
    const auto until = std::max(now, std::min(deadline, soonest));
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    curl_multi_poll(state.multi, nullptr, 0, static_cast<int>(pause.count()), nullptr);
  }
  while (!state.ended.empty()) {
    const std::unique_ptr<FetchJob> job = std::move(state.ended.front());
    state.ended.pop_front();
    job->done(std::move(job->response));
  }
}

std::size_t HttpFetcher::pending() const {
  std::size_t count = state_->running.size() + state_->ended.size();
  for (const auto& [name, origin] : state_->origins) count += origin.queue.size();
  return count;
}

FetchResponse Fetch(FetchRequest request) {
  HttpFetcher fetcher(std::chrono::milliseconds(0));
  std::optional<FetchResponse> response;
  fetcher.Submit(std::move(request), [&](FetchResponse answer) { response = std::move(answer); });
  while (!response) fetcher.Run(std::chrono::milliseconds(1000));
  return std::move(*response);
}

std::vector<std::string> AddressesOf(const std::string& host) {
  std::string name = host;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<std::string> addresses;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    addresses.push_back(NumericAddress(one->ai_addr, one->ai_addrlen));
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace ytterby
