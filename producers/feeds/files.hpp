// Reading files that may be anything: unreadable, vanishing, huge, growing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace ytterby {

// Reads a regular file of at most `max_bytes`. kNoInput: it is not there (any more); kIo: it may not be read;
// kBadData: it is larger; kTryLater: this process or the machine has no room to open it, whatever the file.
Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes);

// Size, times of content and of status, inode: another file or other rights give another stamp. Empty when it is not
// there.
std::string FileStamp(const std::filesystem::path& path);

// What lies below a folder, as paths relative to it in byte order. Hidden and half-written names (.x, x~, x.part,
// x.tmp) are left out.
struct Listing {
  std::vector<std::string> files;
  std::vector<std::string> unreadable;  // folders that may not be entered
  std::string failed;                   // why the list is not whole though all of it may be read; empty: it is
  std::vector<std::string> links;       // symbolic links to folders, which are not entered: they may lead in a circle
};
Listing ListFiles(const std::filesystem::path& folder);
// The path as a document's name: what is no UTF-8, and control characters, as %XX.
std::string NameOf(const std::string& path);
// The path that NameOf made the name of.
std::string PathOfName(const std::string& name);
bool IsPassedOver(const std::string& file_name);

}  // namespace ytterby
