// Reads files that may be unreadable, vanishing, huge or growing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace ytterby {

// Reads a regular file of at most `max_bytes`. kNoInput: it does not exist, or changed or vanished while it was read;
// kIo: it cannot be read; kBadData: it is larger; kTryLater: this process or the machine is out of descriptors or
// memory.
Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes);

// Size, modification and status-change times, inode: another file or other permissions give another stamp. Empty when
// the file does not exist.
std::string FileStamp(const std::filesystem::path& path);

// The contents of a folder, as paths relative to it in byte order. Hidden and half-written names (.x, x~, x.part,
// x.tmp, x.swp) are left out.
struct Listing {
  std::vector<std::string> files;
  std::vector<std::string> unreadable;  // folders that cannot be entered, or hold a path that is too long
  std::string failed;                   // why the list is incomplete for lack of descriptors or memory; else empty
  std::vector<std::string> links;       // symbolic links to folders, which are not entered: they may form a cycle
};
Listing ListFiles(const std::filesystem::path& folder);
// Whether the path is the folder or below it, whatever links lead there. Neither has to exist.
bool IsInside(const std::filesystem::path& path, const std::filesystem::path& folder);

// The document's name for a path, unique for it: bytes that are not UTF-8, and control characters, become %XX; a % that
// looks like such an escape becomes %25.
std::string NameOf(const std::string& path);
// The path that NameOf turned into `name`.
std::string PathOfName(const std::string& name);
bool IsPassedOver(const std::string& file_name);

}  // namespace ytterby
