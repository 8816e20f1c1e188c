// Where a store file lives. A copied file has the id of the first, so on one cluster both would be members of the same
// groups, and each would get half of the messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/db/sqlite.hpp"

namespace ytterby {

struct StoreHome {
  std::string host, path;
  std::uint64_t inode = 0;
};

// The home of an existing file, on this machine.
StoreHome HomeOf(const std::filesystem::path& file);
// The home that the store has noted; nullopt: none yet.
Result<std::optional<StoreHome>> WrittenHome(Database& db);
Result<void> WriteHome(Database& db, const StoreHome& home);

// Whether the store was renamed, mounted in another container or restored in its place, rather than copied: two of
// host, path and inode agree. Copies on one machine, or at one path of two machines, differ in two.
bool IsSameHome(const StoreHome& written, const StoreHome& now);

enum class Adoption {
  kMoved,  // the file was moved: it keeps its id
  kCopy,   // the first one is in use: this one gets an id of its own
};
// For a file that lives elsewhere according to itself. kNoInput: no such file.
Result<void> AdoptStore(const std::filesystem::path& file, Adoption adoption);

}  // namespace ytterby
