// Leases on a data directory: one kernel file lock per role (a feed, a consumer group, the relay). A lease ends when
// its process ends, however it dies; no lease expires. Beside the lock stands a socket that has a name and no file, so
// that a lease whose file somebody deleted still holds, against processes in the same network namespace.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/result.hpp"

namespace ytterby {

class Lease {
 public:
  // Takes the role, or fails with kTryLater and names the holder's pid. The lock is close-on-exec.
  static Result<Lease> Acquire(const std::filesystem::path& data_dir, const std::string& role);
  // The pid of the live holder, nullopt if the role is free.
  static std::optional<int> Holder(const std::filesystem::path& data_dir, const std::string& role);

  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

 private:
  explicit Lease(int fd) : fd_(fd) {}
  // kTryLater: another process has the name.
  Result<void> TakeName(const std::filesystem::path& data_dir, const std::string& role);

  int fd_ = -1, name_ = -1;
};

}  // namespace ytterby
