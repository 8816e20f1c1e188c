#include "common/lease.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "common/data_folder.hpp"

namespace ytterby {
namespace {

std::filesystem::path LockPath(const std::filesystem::path& data_dir, const std::string& role) {
  return DataFolder(data_dir).leases() / (role + ".lock");
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
  if (locked != 0) {
    return Fail(ErrorKind::kTryLater,
                fmt::format("process {} already holds {} of data folder {}; stop it or wait for it", ReadPid(fd), role,
                            data_dir.string()));
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  return lease;
}

std::optional<int> Lease::Holder(const std::filesystem::path& data_dir, const std::string& role) {
  const int fd = open(LockPath(data_dir, role).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<int> holder;
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) holder = ReadPid(fd);
  close(fd);
  return holder;
}

Lease::Lease(Lease&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Lease::~Lease() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace ytterby
