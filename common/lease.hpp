// Leases on a data directory: one kernel file lock a role (a feed, a consumer group, the relay). A lease ends with its
// process, however that dies; nothing expires by time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/result.hpp"

namespace ytterby {

class Lease {
 public:
  // Takes the role or refuses with kTryLater, naming the holder's pid. The lock is close-on-exec.
  static Result<Lease> Acquire(const std::filesystem::path& data_dir, const std::string& role);
  // The pid of the live holder, nullopt when the role is free.
  static std::optional<int> Holder(const std::filesystem::path& data_dir, const std::string& role);

  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

 private:
  explicit Lease(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace ytterby
