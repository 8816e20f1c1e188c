#include "common/http/connection_loop.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <sstream>
#include <system_error>
#include <vector>

namespace ytterby {
namespace {

using std::chrono::steady_clock;

// How long a client may take to read an answer that has been sent.
constexpr std::chrono::milliseconds kLinger{1000};
constexpr std::chrono::milliseconds kWithoutDescriptors{100}, kWithoutMemory{100};

std::string Format(const HttpAnswer& answer, bool head_only) {
  Poco::Net::HTTPResponse response(Poco::Net::HTTPMessage::HTTP_1_1,
                                   static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  response.setDate(Poco::Timestamp());
  response.setContentType(answer.type);
  response.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
  response.setKeepAlive(false);
  std::ostringstream text;
  response.write(text);
  return head_only ? text.str() : text.str() + answer.body;
}

// nullopt: it is not HTTP.
std::optional<HttpRequest> Parse(const std::string& head) {
  try {
    std::istringstream text(head);
    Poco::Net::HTTPRequest request;
    request.read(text);
    const std::string& uri = request.getURI();
    return HttpRequest{request.getMethod(), uri.substr(0, uri.find('?'))};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool IsTemporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

ConnectionLoop::ConnectionLoop(int listening, HttpLimits limits,
                               std::function<std::optional<HttpAnswer>(const HttpRequest&)> at_once,
                               std::function<HttpAnswer(const HttpRequest&)> render)
    : limits_(limits),
      at_once_(std::move(at_once)),
      render_(std::move(render)),
      listening_(listening),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_ < 0) {
    const int error = errno;
    close(listening_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
  fcntl(listening_, F_SETFL, fcntl(listening_, F_GETFL) | O_NONBLOCK);
  spare_ = OpenSpare();
  pages_ = std::jthread([this](const std::stop_token& stop) { RenderPages(stop); });
  loop_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

ConnectionLoop::~ConnectionLoop() {
  loop_.request_stop();
  Wake();
  loop_.join();
  pages_.request_stop();
  pages_.join();
  close(wake_);
  if (spare_ >= 0) close(spare_);
}

void ConnectionLoop::Wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);
}

void ConnectionLoop::RenderPages(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (asked_.wait(lock, stop, [this] { return !to_render_.empty(); })) {
    const auto [number, request] = std::move(to_render_.front());
    to_render_.pop_front();
    lock.unlock();
    HttpAnswer answer;
    try {
      answer = render_(request);
    } catch (const std::exception& error) {
      answer = {500, "text/plain", std::string(error.what()) + "\n"};
    }
    lock.lock();
    for (bool handed = false; !handed;) {
      try {
        rendered_.emplace_back(number, answer);
        handed = true;
      } catch (const std::bad_alloc&) {
        std::this_thread::sleep_for(kWithoutMemory);
      }
    }
    Wake();
  }
}

// After a stop, answers that are under way are still sent.
void ConnectionLoop::Run(const std::stop_token& stop) {
  std::vector<pollfd> polled;
  std::vector<std::uint64_t> numbers;  // of the connections in `polled`
  polled.reserve(limits_.connections + 2);
  numbers.reserve(limits_.connections);
  bool stopping = false;
  while (true) {
    if (stop.stop_requested() && !stopping) {
      stopping = true;
      close(listening_);
      std::erase_if(connections_, [](const auto& entry) {
        const bool idle = entry.second.step == Step::kRead || entry.second.step == Step::kLinger;
        if (idle) close(entry.second.socket);
        return idle;
      });
    }
    if (stopping && connections_.empty()) return;
    const Time now = steady_clock::now();
    if (accept_again_ <= now) accept_again_ = {};
    polled.assign(1, {wake_, POLLIN, 0});
    if (!stopping) polled.push_back({accept_again_ > Time{} ? -1 : listening_, POLLIN, 0});
    const std::size_t before = polled.size();
    numbers.clear();
    for (const auto& [number, connection] : connections_) {
      if (connection.step == Step::kRender) continue;
      polled.push_back({connection.socket, static_cast<short>(connection.step == Step::kWrite ? POLLOUT : POLLIN), 0});
      numbers.push_back(number);
    }
    int timeout = -1;
    if (const auto next = NextDeadline()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
      timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }
    poll(polled.data(), polled.size(), timeout);
    if (polled.front().revents) {
      std::uint64_t count = 0;
      (void)!read(wake_, &count, sizeof count);
      TakeRendered();
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!polled[before + i].revents) continue;
      const auto found = connections_.find(numbers[i]);
      if (found != connections_.end() && !Advance(found->first, found->second)) Close(found);
    }
    CloseLate(steady_clock::now());
    if (!stopping && polled[1].revents) Accept();
  }
}

std::optional<ConnectionLoop::Time> ConnectionLoop::NextDeadline() const {
  std::optional<Time> next;
  if (accept_again_ > Time{}) next = accept_again_;
  for (const auto& [number, connection] : connections_) {
    if (connection.step != Step::kRender && (!next || connection.deadline < *next)) next = connection.deadline;
  }
  return next;
}

void ConnectionLoop::Accept() {
  // Bounded, so that a flood of new clients does not keep the others waiting.
  for (std::size_t i = 0; i < limits_.connections; ++i) {
    const int socket = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      // Out of descriptors or memory: close the connection that has waited longest, or try again in a moment.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        if (MakeRoom()) continue;
        if (spare_ >= 0) {
          close(std::exchange(spare_, -1));
          continue;
        }
        accept_again_ = steady_clock::now() + kWithoutDescriptors;
      }
      return;
    }
    if (connections_.size() >= limits_.connections && !MakeRoom()) {
      const std::string full = Format({503, "text/plain", "too many connections\n"}, false);
      (void)!send(socket, full.data(), full.size(), MSG_NOSIGNAL);
      close(socket);
      continue;
    }
    try {
      const auto added =
          connections_.try_emplace(accepted_, Connection{socket, steady_clock::now() + limits_.request}).first;
      ++accepted_;
      // Read what has arrived before later connections of the burst make this one look idle.
      if (!Read(added->first, added->second)) Close(added);
    } catch (const std::bad_alloc&) {
      close(socket);
      return;
    }
  }
}

// False: all connections are being answered.
bool ConnectionLoop::MakeRoom() {
  const auto oldest = std::find_if(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.step == Step::kRead || entry.second.step == Step::kLinger;
  });
  if (oldest == connections_.end()) return false;
  if (oldest->second.step == Step::kRead) {
    const std::string full = Format({503, "text/plain", "too many connections\n"}, false);
    (void)!send(oldest->second.socket, full.data(), full.size(), MSG_NOSIGNAL);
  }
  Close(oldest);
  return true;
}

ConnectionLoop::Connections::iterator ConnectionLoop::Close(Connections::iterator connection) {
  close(connection->second.socket);
  if (spare_ < 0) spare_ = OpenSpare();
  return connections_.erase(connection);
}

void ConnectionLoop::CloseLate(Time now) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& connection = it->second;
    if (connection.step == Step::kRender || connection.deadline > now) {
      ++it;
    } else if (connection.step == Step::kRead) {
      Answer(connection, {408, "text/plain", "the request came too slowly\n"});
      ++it;
    } else {
      it = Close(it);
    }
  }
}

bool ConnectionLoop::Advance(std::uint64_t number, Connection& connection) {
  switch (connection.step) {
    case Step::kRead:
      return Read(number, connection);
    case Step::kRender:
      return true;
    case Step::kWrite:
      return Write(connection);
    case Step::kLinger:
      return Linger(connection);
  }
  return false;
}

bool ConnectionLoop::Read(std::uint64_t number, Connection& connection) {
  char buffer[4096];
  const ssize_t got = recv(connection.socket, buffer, sizeof buffer, 0);
  if (got < 0) return IsTemporary(errno);
  if (got == 0) return false;
  try {
    connection.in.append(buffer, static_cast<std::size_t>(got));
    TakeRequest(number, connection);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void ConnectionLoop::TakeRequest(std::uint64_t number, Connection& connection) {
  const std::string& in = connection.in;
  const std::size_t end = std::min(in.find("\r\n\r\n"), in.find("\n\n"));
  if (std::min(end, in.size()) > limits_.head_bytes) {
    Answer(connection, {431, "text/plain", "the request's head is too long\n"});
    return;
  }
  if (end == std::string::npos) return;
  std::optional<HttpRequest> request = Parse(in.substr(0, end) + "\r\n\r\n");
  connection.in = {};
  if (!request) {
    Answer(connection, {400, "text/plain", "no HTTP request\n"});
    return;
  }
  connection.head_only = request->method == "HEAD";
  if (const auto answer = at_once_(*request)) {
    Answer(connection, *answer);
    return;
  }
  const auto pages = std::count_if(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.page && entry.second.step != Step::kLinger;
  });
  if (static_cast<std::size_t>(pages) >= limits_.pages) {
    Answer(connection, {503, "text/plain", "too many requests at once\n"});
    return;
  }
  connection.page = true;
  connection.step = Step::kRender;
  std::lock_guard lock(mutex_);
  to_render_.emplace_back(number, std::move(*request));
  asked_.notify_one();
}

void ConnectionLoop::TakeRendered() {
  std::deque<std::pair<std::uint64_t, HttpAnswer>> rendered;
  {
    std::lock_guard lock(mutex_);
    rendered.swap(rendered_);
  }
  for (const auto& [number, answer] : rendered) {
    const auto found = connections_.find(number);
    if (found != connections_.end()) Answer(found->second, answer);
  }
}

void ConnectionLoop::Answer(Connection& connection, const HttpAnswer& answer) {
  connection.deadline = steady_clock::now() + limits_.answer;
  try {
    connection.out = Format(answer, connection.head_only);
    connection.step = Step::kWrite;
  } catch (const std::bad_alloc&) {
    connection.step = Step::kLinger;
    connection.deadline = steady_clock::now();
  }
}

bool ConnectionLoop::Write(Connection& connection) {
  const ssize_t sent = send(connection.socket, connection.out.data() + connection.sent,
                            connection.out.size() - connection.sent, MSG_NOSIGNAL);
  if (sent < 0) return IsTemporary(errno);
  connection.sent += static_cast<std::size_t>(sent);
  if (connection.sent < connection.out.size()) return true;
  shutdown(connection.socket, SHUT_WR);
  connection.out = {};
  connection.step = Step::kLinger;
  connection.deadline = steady_clock::now() + kLinger;
  return true;
}

// Reads what the client still sends: closing with unread bytes would reset the connection, and the client might lose
// the answer.
bool ConnectionLoop::Linger(Connection& connection) {
  char buffer[4096];
  const ssize_t got = recv(connection.socket, buffer, sizeof buffer, 0);
  return got > 0 || (got < 0 && IsTemporary(errno));
}

}  // namespace ytterby
