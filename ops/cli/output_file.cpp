#include "ops/cli/output_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace ytterby::cli {
namespace {

// An earlier export is empty, JSON lines, or CSV that begins with the column `issue`.
bool MayBeReplaced(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(6, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(file.gcount()));
  return begin.empty() || begin.front() == '{' || begin == "issue,";
}

}  // namespace

Result<OutputFile> OutputFile::Open(const std::filesystem::path& path) {
  if (path.empty()) return OutputFile({}, {}, stdout);
  std::error_code ec;
  const auto status = std::filesystem::status(path, ec);
  const bool is_file = std::filesystem::is_regular_file(status);
  if (is_file && !MayBeReplaced(path)) {
    return ytterby::Fail(ErrorKind::kUsage,
                         fmt::format("{}: is no export, and is not overwritten; name another file", path.string()));
  }
  // A device or a pipe is written as it is.
  const bool apart = is_file || !std::filesystem::exists(status);
  const std::filesystem::path partial = apart ? path.string() + fmt::format(".{}.part", getpid()) : "";
  std::FILE* file = std::fopen(apart ? partial.c_str() : path.c_str(), "wb");
  if (!file) return ytterby::Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  return OutputFile(path, partial, file);
}

OutputFile::~OutputFile() {
  if (file_ && !partial_.empty()) unlink(partial_.c_str());
}

void OutputFile::Write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) Fail();
}

void OutputFile::Commit() {
  if (std::fflush(file_.get()) != 0) Fail();
  if (partial_.empty()) return;
  if (fsync(fileno(file_.get())) != 0 || rename(partial_.c_str(), path_.c_str()) != 0) Fail();
  partial_.clear();
}

// main tells a closed stdout from a file that cannot be written.
void OutputFile::Fail() const {
  const std::error_code code(errno, std::generic_category());
  if (path_.empty()) throw std::system_error(code);
  throw std::filesystem::filesystem_error("cannot write", path_, code);
}

}  // namespace ytterby::cli
