#include "producers/feeds/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

// Whether the error comes from this process or the machine, not from the file.
bool IsOfProcess(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const ErrorKind kind = errno == ENOENT      ? ErrorKind::kNoInput
                           : IsOfProcess(errno) ? ErrorKind::kTryLater
                                                : ErrorKind::kIo;
    return Fail(kind, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  struct stat info {};
  fstat(fd, &info);
  std::string bytes;
  Error error{ErrorKind::kInternal, ""};
  if (!S_ISREG(info.st_mode)) {
    error = {ErrorKind::kIo, fmt::format("{}: not a regular file", path.string())};
  } else if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
    error = {ErrorKind::kBadData,
             fmt::format("{}: {} bytes, above max_document_bytes ({})", path.string(), info.st_size, max_bytes)};
  } else {
    bytes.resize(static_cast<std::size_t>(info.st_size));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t n = read(fd, bytes.data() + filled, bytes.size() - filled);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) error = {ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno))};
      if (n <= 0) break;
      filled += static_cast<std::size_t>(n);
    }
    struct stat after {};
    fstat(fd, &after);
    if (error.message.empty() &&
        (filled != bytes.size() || after.st_size != info.st_size || after.st_mtim.tv_sec != info.st_mtim.tv_sec ||
         after.st_mtim.tv_nsec != info.st_mtim.tv_nsec || after.st_nlink == 0)) {
      error = {ErrorKind::kNoInput, fmt::format("{}: changed or vanished while it was read", path.string())};
    }
  }
  close(fd);
  if (!error.message.empty()) return tl::unexpected<Error>(error);
  return bytes;
}

std::string FileStamp(const std::filesystem::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  return fmt::format("{}-{}.{:09d}-{}.{:09d}-{}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                     info.st_ctim.tv_sec, info.st_ctim.tv_nsec, info.st_ino);
}

bool IsPassedOver(const std::string& name) {
  return name.empty() || name[0] == '.' || name.ends_with("~") || name.ends_with(".part") || name.ends_with(".tmp") ||
         name.ends_with(".swp");
}

namespace {

void ListInto(const std::filesystem::path& root, const std::filesystem::path& folder, Listing& listing) {
  const auto name_of = [&](const std::filesystem::path& path) {
    return path.lexically_relative(root).generic_string();
  };
  std::error_code ec;
  std::filesystem::directory_iterator it(folder, ec), end;
  if (IsOfProcess(ec.value())) {
    listing.failed = fmt::format("{}: {}", folder.string(), ec.message());
  } else if (ec) {
    // No call reaches a path that is too long; the folder that holds it can be named.
    listing.unreadable.push_back(name_of(ec == std::errc::filename_too_long ? folder.parent_path() : folder));
  }
  for (; !ec && it != end; it.increment(ec)) {
    if (IsPassedOver(it->path().filename().string())) continue;
    std::error_code type_error;
    const bool is_folder = it->is_directory(type_error);
    if (type_error == std::errc::filename_too_long) {
      if (listing.unreadable.empty() || listing.unreadable.back() != name_of(folder))
        listing.unreadable.push_back(name_of(folder));
    } else if (!is_folder) {
      listing.files.push_back(name_of(it->path()));
    } else if (it->is_symlink(type_error)) {
      listing.links.push_back(name_of(it->path()));
    } else {
      ListInto(root, it->path(), listing);
    }
  }
}

}  // namespace

Listing ListFiles(const std::filesystem::path& folder) {
  Listing listing;
  ListInto(folder, folder, listing);
  for (auto* names : {&listing.files, &listing.unreadable, &listing.links}) std::sort(names->begin(), names->end());
  return listing;
}

bool IsInside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code ec;
  const auto inner = std::filesystem::weakly_canonical(std::filesystem::absolute(path, ec), ec);
  const auto outer = std::filesystem::weakly_canonical(std::filesystem::absolute(folder, ec), ec);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

namespace {

// The byte that %XX at this place stands for; -1 if nothing of the kind stands there.
int EscapedAt(const std::string& text, std::size_t at) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  if (text[at] != '%' || at + 2 >= text.size() || digit(text[at + 1]) < 0 || digit(text[at + 2]) < 0) return -1;
  return digit(text[at + 1]) * 16 + digit(text[at + 2]);
}

}  // namespace

std::string NameOf(const std::string& path) {
  std::string name;
  for (std::size_t i = 0; i < path.size(); ++i) {
    name += path[i];
    if (EscapedAt(path, i) >= 0) name += "25";
  }
  return PlainText(name);
}

std::string PathOfName(const std::string& name) {
  std::string path;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const int escaped = EscapedAt(name, i);
    path += escaped >= 0 ? static_cast<char>(escaped) : name[i];
    if (escaped >= 0) i += 2;
  }
  return path;
}

}  // namespace ytterby
