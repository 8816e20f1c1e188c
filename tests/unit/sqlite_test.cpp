#include "common/db/sqlite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "common/db/sqlite_checkpointer.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

TEST(SqliteTest, TheWriteAheadLogIsCopiedBesideTheWriterAndStaysBounded) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "x.db";
  const std::filesystem::path log = file.string() + "-wal";
  constexpr int kPages = 20, kCommits = 2000;
  std::uintmax_t largest = 0;
  {
    auto writer = Database::Open(file, {.full_sync = false});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->Execute("CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB)"));
    auto checkpointer = SqliteCheckpointer::Watch(*writer, file, kPages);
    ASSERT_TRUE(checkpointer);
    auto insert = writer->Prepare("INSERT INTO t(bytes) VALUES(?)");
    const std::string page(4000, 'x');
    for (int i = 0; i < kCommits; ++i) {
      insert->BindBlob(1, page);
      ASSERT_TRUE(insert->Run());
      largest = std::max(largest, std::filesystem::file_size(log));
    }
    // The last pages are copied when more have arrived, or when the last connection closes.
    EXPECT_GT(std::filesystem::file_size(file), kCommits / 2 * page.size());
  }
  // Nine times the number of pages that starts a copy: a writer faster than the copier makes the copy itself at eight.
  constexpr std::uintmax_t kFrame = 4096 + 24;
  EXPECT_LT(largest, 10 * kPages * kFrame);
  auto again = Database::Open(file, {.read_only = true});
  auto count = again->Prepare("SELECT count(*) FROM t");
  ASSERT_TRUE(*count->Step());
  EXPECT_EQ(count->Int(0), kCommits);
}

}  // namespace
}  // namespace ytterby
