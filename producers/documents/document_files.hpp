// The archive's files: the bytes of every delivered document, named by their digest.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.hpp"
#include "common/result.hpp"

namespace ytterby {

struct NewBytes {
  DocumentDigest digest;
  std::string_view bytes;
};

// Thread-safe, also among processes.
class DocumentFiles {
 public:
  // The folder must exist before the first Put.
  explicit DocumentFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Durably writes each document's bytes under its digest. Known bytes are not written again, unless their file is
  // damaged. After an error some of the documents may have been written.
  Result<void> Put(const std::vector<NewBytes>& documents) const;
  // Whether the file has exactly these bytes.
  bool Has(const NewBytes& document) const;
  // kTryLater: the bytes exist but cannot be opened now. kIo: they are gone or damaged.
  Result<std::string> Read(const DocumentDigest& digest) const;

 private:
  std::filesystem::path PathOf(const DocumentDigest& digest) const;

  const std::filesystem::path folder_;
};

}  // namespace ytterby
