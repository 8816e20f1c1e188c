#include "common/lease.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "common/data_folder.hpp"
#include "common/digest.hpp"

namespace ytterby {
namespace {

std::filesystem::path LockPath(const std::filesystem::path& data_dir, const std::string& role) {
  return DataFolder(data_dir).leases() / (role + ".lock");
}

// The name of a role of this folder, whichever path leads to it. Abstract: it begins with a zero byte.
std::pair<sockaddr_un, socklen_t> NameOf(const std::filesystem::path& data_dir, const std::string& role) {
  struct stat folder {};
  (void)stat(data_dir.c_str(), &folder);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name =
      Sha256Of({"ytterby lease", std::to_string(folder.st_dev), std::to_string(folder.st_ino), role}).Hex();
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  return {address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())};
}

// The process that listens under a name; 0 if it does not say.
int PidBehind(const sockaddr_un& address, socklen_t length) {
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (client >= 0 && connect(client, reinterpret_cast<const sockaddr*>(&address), length) == 0)
    (void)getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (client >= 0) close(client);
  return peer.pid;
}

tl::unexpected<Error> HeldBy(int pid, const std::string& role, const std::filesystem::path& data_dir) {
  const std::string who = pid > 0 ? fmt::format("process {}", pid) : "another process";
  return Fail(ErrorKind::kTryLater, fmt::format("{} already holds {} of data folder {}; stop it or wait for it", who,
                                                role, data_dir.string()));
}

int ReadPid(int fd) {
  char buffer[32] = {};
  const ssize_t n = pread(fd, buffer, sizeof buffer - 1, 0);
  return n > 0 ? std::atoi(buffer) : 0;
}

}  // namespace

Result<Lease> Lease::Acquire(const std::filesystem::path& data_dir, const std::string& role) {
  std::error_code ec;
  std::filesystem::create_directories(DataFolder(data_dir).leases(), ec);
  if (ec)
    return Fail(ErrorKind::kIo,
                fmt::format("{}: the data folder cannot be written: {}", data_dir.string(), ec.message()));
  const auto path = LockPath(data_dir, role);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  Lease lease(fd);
  // A process that only looks at a role (Holder) locks it for a moment, so retry a few times before giving up.
  int locked = -1;
  for (int attempt = 0; attempt < 20 && (locked = flock(fd, LOCK_EX | LOCK_NB)) != 0; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (locked != 0) return HeldBy(ReadPid(fd), role, data_dir);
  YT_CHECK(lease.TakeName(data_dir, role));
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  return lease;
}

Result<void> Lease::TakeName(const std::filesystem::path& data_dir, const std::string& role) {
  const auto [address, length] = NameOf(data_dir, role);
  name_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (name_ >= 0 && bind(name_, reinterpret_cast<const sockaddr*>(&address), length) == 0) {
    (void)listen(name_, 1);
    return {};
  }
  if (errno == EADDRINUSE) return HeldBy(PidBehind(address, length), role, data_dir);
  return Fail(ErrorKind::kIo, fmt::format("lease of {}: {}", role, std::strerror(errno)));
}

std::optional<int> Lease::Holder(const std::filesystem::path& data_dir, const std::string& role) {
  const int fd = open(LockPath(data_dir, role).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<int> holder;
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) holder = ReadPid(fd);
  close(fd);
  return holder;
}

Lease::Lease(Lease&& other) noexcept : fd_(std::exchange(other.fd_, -1)), name_(std::exchange(other.name_, -1)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(name_, other.name_);
  return *this;
}

Lease::~Lease() {
  if (name_ >= 0) close(name_);
  if (fd_ >= 0) close(fd_);
}

}  // namespace ytterby
