// One moment of a SQLite store.
#pragma once

#include <filesystem>

#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/sqlite_reader.hpp"

namespace ytterby {

class SqliteSnapshot final : public Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> Open(const std::filesystem::path& file, bool read_only, const Scope& scope);

  Result<std::vector<IssueId>> Issues(const std::string& consumer) override;
  Result<std::vector<IssueId>> IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) override;
  Result<std::vector<std::vector<EditionRow>>> Editions(const std::string& consumer, const std::vector<IssueId>& issues,
                                                        const std::vector<Category>& categories) override;
  Result<std::vector<std::vector<StoredRecord>>> Rows(const std::string& consumer,
                                                      const std::vector<EditionKey>& editions,
                                                      std::optional<RecordKind> kind) override;
  Result<StoreCounts> Count(const std::string& consumer) override;
  Result<std::int64_t> CountDangling(const std::string& consumer) override;
  std::string StoreName() const override { return file_.string(); }

 private:
  SqliteSnapshot(std::filesystem::path file, Scope scope) : file_(std::move(file)), scope_(std::move(scope)) {}

  const std::filesystem::path file_;
  const Scope scope_;
  SqliteReader reader_;
};

}  // namespace ytterby
