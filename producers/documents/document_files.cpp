#include "producers/documents/document_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

namespace ytterby {
namespace {

Error SystemError(const std::filesystem::path& path) {
  return {ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)), Part::kArchive};
}

// A file being written: under a temporary name, renamed into place once it is durable.
struct PartialFile {
  std::filesystem::path path, partial;
  int fd = -1;
};

// Writes the bytes and starts flushing them to disk, without waiting.
Result<void> BeginWriting(PartialFile& file, std::string_view bytes) {
  file.fd = open(file.partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file.fd < 0) return tl::unexpected<Error>(SystemError(file.partial));
  while (!bytes.empty()) {
    const ssize_t written = write(file.fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tl::unexpected<Error>(SystemError(file.partial));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  sync_file_range(file.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  return {};
}

Result<void> Finish(const PartialFile& file) {
  if (fdatasync(file.fd) != 0 || rename(file.partial.c_str(), file.path.c_str()) != 0) {
    return tl::unexpected<Error>(SystemError(file.path));
  }
  return {};
}

Result<void> SyncFolder(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected<Error>(SystemError(folder));
  const bool synced = fsync(fd) == 0;
  const Error error = SystemError(folder);
  close(fd);
  if (!synced) return tl::unexpected<Error>(error);
  return {};
}

}  // namespace

std::filesystem::path DocumentFiles::PathOf(const DocumentDigest& digest) const {
  const std::string hex = digest.Hex();
  return folder_ / hex.substr(0, 2) / hex;
}

// After a crash each file is whole or missing. The files of a batch are flushed in parallel, so that a batch waits for
// the disk about once, not once per document.
Result<void> DocumentFiles::Put(const std::vector<NewBytes>& documents) const {
  std::vector<PartialFile> files;
  std::set<std::filesystem::path> folders;
  Result<void> done;
  for (const NewBytes& document : documents) {
    const auto path = PathOf(document.digest);
    std::error_code ec;
    const bool known = Has(document) || std::any_of(files.begin(), files.end(),
                                                    [&](const PartialFile& file) { return file.path == path; });
    folders.insert(path.parent_path());  // also for a known file: another feed may have just put it there
    if (known) continue;
    if (std::filesystem::create_directories(path.parent_path(), ec)) folders.insert(folder_);
    if (ec) {
      done = Fail(ErrorKind::kIo, fmt::format("{}: {}", path.parent_path().string(), ec.message()), Part::kArchive);
      break;
    }
    static std::atomic<std::uint64_t> number = 0;  // two feeds may write the same bytes at the same time
    files.push_back({path, path.string() + fmt::format(".{}.{}.part", getpid(), ++number), -1});
    done = BeginWriting(files.back(), document.bytes);
    if (!done) break;
  }
  for (const PartialFile& file : files) {
    if (done) done = Finish(file);
    if (file.fd >= 0) close(file.fd);
    if (!done) unlink(file.partial.c_str());
  }
  for (const auto& folder : folders) {
    if (done) done = SyncFolder(folder);
  }
  return done;
}

bool DocumentFiles::Has(const NewBytes& document) const {
  std::error_code ec;
  const auto path = PathOf(document.digest);
  if (std::filesystem::file_size(path, ec) != document.bytes.size() || ec) return false;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return bytes == document.bytes;
}

Result<std::string> DocumentFiles::Read(const DocumentDigest& digest) const {
  const auto path = PathOf(digest);
  std::error_code ec;
  if (const auto status = std::filesystem::status(path, ec);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Fail(ErrorKind::kIo, fmt::format("{}: not a regular file", path.string()), Part::kArchive);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    // Only a missing file is lost; one that this process cannot open now may open later.
    const ErrorKind kind = errno == ENOENT ? ErrorKind::kIo : ErrorKind::kTryLater;
    return Fail(kind, fmt::format("{}: cannot be read from the archive: {}", path.string(), std::strerror(errno)),
                Part::kArchive);
  }
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (Sha256(bytes) != digest.digest)
    return Fail(ErrorKind::kIo, fmt::format("{}: the archived bytes are damaged", path.string()), Part::kArchive);
  return bytes;
}

}  // namespace ytterby
