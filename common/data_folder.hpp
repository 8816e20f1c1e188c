// Where things are in a data folder.
#pragma once

#include <filesystem>

namespace ytterby {

class DataFolder {
 public:
  explicit DataFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path log() const { return root_ / "log.db"; }
  std::filesystem::path store() const { return root_ / "store.db"; }
  std::filesystem::path archive() const { return root_ / "archive"; }
  std::filesystem::path deliveries() const { return archive() / "deliveries.db"; }
  std::filesystem::path feeds() const { return root_ / "feeds.db"; }  // what is known of pages on the web
  std::filesystem::path leases() const { return root_ / "leases"; }

 private:
  std::filesystem::path root_;
};

}  // namespace ytterby
