// Where `export` writes: stdout, or a file that is whole or not there.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace ytterby::cli {

class OutputFile {
 public:
  // An empty path is stdout. A regular file is written under a temporary name beside it. kUsage: the path has a file
  // that is no earlier export. kIo: it cannot be written.
  static Result<OutputFile> Open(const std::filesystem::path& path);
  ~OutputFile();  // deletes what was not committed
  OutputFile(OutputFile&&) noexcept = default;
  OutputFile& operator=(OutputFile&&) = delete;

  // Throws std::system_error for stdout and std::filesystem::filesystem_error for a file.
  void Write(std::string_view bytes);
  // Makes everything written durable and gives the file its name. Throws like Write.
  void Commit();

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) std::fclose(file);
    }
  };

  OutputFile(std::filesystem::path path, std::filesystem::path partial, std::FILE* file)
      : path_(std::move(path)), partial_(std::move(partial)), file_(file) {}
  [[noreturn]] void Fail() const;

  std::filesystem::path path_, partial_;  // partial_: empty where the path itself is written
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace ytterby::cli
