#include "producers/feeds/directory_feed.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "producers/feeds/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<DirectoryFeed> Open(const std::filesystem::path& folder, milliseconds settle,
                                    std::map<std::string, std::string> known = {}) {
  DirectoryFeedOptions options;
  options.name = "inbox";
  options.folder = folder;
  options.settle = settle;
  options.max_document_bytes = 1000;
  auto feed = DirectoryFeed::Open(options, std::move(known));
  EXPECT_TRUE(feed);
  return std::move(*feed);
}

std::vector<std::string> Names(const Result<std::vector<FeedDocument>>& documents) {
  std::vector<std::string> names;
  for (const FeedDocument& document : *documents) names.push_back(document.name);
  return names;
}

TEST(DirectoryFeedTest, TakesFilesAtRestAndIgnoresHalfWrittenNames) {
  const testing::TemporaryFolder folder;
  folder.Write("b/c.txt", "1");
  folder.Write("a.txt", "2");
  folder.Write(".hidden", "3");
  folder.Write("d.txt.part", "4");
  const auto feed = Open(folder.path(), milliseconds(30));
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), (std::vector<std::string>{"a.txt", "b/c.txt"}));
}

TEST(DirectoryFeedTest, AFileRenamedIntoPlaceIsCompleteAtOnceAlsoInANewSubFolder) {
  const testing::TemporaryFolder folder;
  const auto feed = Open(folder.path(), std::chrono::hours(1));
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  folder.Write(".x", "whole");
  std::filesystem::rename(folder.path() / ".x", folder.path() / "x.txt");
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"x.txt"});
  const testing::TemporaryFolder outside;
  outside.Write("sub/y.txt", "whole");
  std::filesystem::rename(outside.path() / "sub", folder.path() / "sub");
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"sub/y.txt"});
}

TEST(DirectoryFeedTest, AGrowingFileWaitsUntilItStopsGrowing) {
  const testing::TemporaryFolder folder;
  const auto feed = Open(folder.path(), milliseconds(200));
  std::string content;
  for (int i = 0; i < 5; ++i) {
    folder.Write("g.txt", content += "more");
    EXPECT_TRUE(feed->Poll(milliseconds(20))->empty());
  }
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"g.txt"});
  EXPECT_EQ(feed->Read({"g.txt", "g.txt", ""}).value_or(""), content);
}

TEST(DirectoryFeedTest, AFileThatIsHeldOpenIsNotTakenAtItsFirstPause) {
  const testing::TemporaryFolder folder;
  const auto feed = Open(folder.path(), milliseconds(20));
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  std::ofstream writer(folder.path() / "slow.txt");
  writer << "first part" << std::flush;
  EXPECT_TRUE(feed->Poll(milliseconds(200))->empty());  // unchanged for ten times `settle`
  writer << ", second part" << std::flush;
  writer.close();
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"slow.txt"});
}

TEST(DirectoryFeedTest, AFolderThatGoesAwayIsAnErrorUntilItIsBack) {
  const testing::TemporaryFolder parent;
  const auto inbox = parent.path() / "inbox";
  std::filesystem::create_directory(inbox);
  const auto feed = Open(inbox, milliseconds(10));
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  std::filesystem::remove_all(inbox);
  const auto gone = feed->Poll(milliseconds(10));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::kIo);
  std::filesystem::create_directory(inbox);
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  parent.Write(".x", "whole");
  std::filesystem::rename(parent.path() / ".x", inbox / "x.txt");
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))),
            std::vector<std::string>{"x.txt"});  // found because the folder is watched again, not by a rescan
}

TEST(DirectoryFeedTest, AReplacedFolderIsScannedAtOnce) {
  const testing::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "inbox");
  const auto feed = Open(folder.path() / "inbox", milliseconds(1));
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  folder.Write("other/sub/a.txt", "1");
  std::filesystem::rename(folder.path() / "inbox", folder.path() / "away");
  std::filesystem::rename(folder.path() / "other", folder.path() / "inbox");
  ASSERT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"sub/a.txt"});
  // New files are seen as they come, also in sub-folders; what arrives in the former folder is not.
  folder.Write("inbox/sub/b.txt", "1");
  folder.Write("away/c.txt", "1");
  ASSERT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"sub/b.txt"});
  EXPECT_TRUE(feed->Poll(milliseconds(60))->empty());
}

TEST(DirectoryFeedTest, AFolderWithoutPermissionIsAnErrorUntilItIsThere) {
  const testing::TemporaryFolder folder;
  folder.Write("inbox/a.txt", "1");
  const auto feed = Open(folder.path() / "inbox", milliseconds(1));
  std::filesystem::permissions(folder.path() / "inbox", std::filesystem::perms::none);
  if (access((folder.path() / "inbox").c_str(), R_OK) == 0) GTEST_SKIP() << "root may read every folder";
  EXPECT_NE(feed->Poll(milliseconds(10)).error().message.find("Permission denied"), std::string::npos);
  std::filesystem::permissions(folder.path() / "inbox", std::filesystem::perms::owner_all);
  EXPECT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"a.txt"});
}

TEST(DirectoryFeedTest, AChangedFileComesAgainAKnownOneDoesNot) {
  const testing::TemporaryFolder folder;
  folder.Write("a.txt", "1");
  const auto feed = Open(folder.path(), milliseconds(10), {{"a.txt", FileStamp(folder.path() / "a.txt")}});
  EXPECT_TRUE(feed->Poll(milliseconds(60))->empty());
  folder.Write("a.txt", "another size");
  const auto changed = feed->Poll(milliseconds(5000));
  ASSERT_EQ(Names(changed), std::vector<std::string>{"a.txt"});
  EXPECT_TRUE(feed->Poll(milliseconds(60))->empty());  // handed out, not yet confirmed
  feed->Abandon();
  ASSERT_EQ(Names(feed->Poll(milliseconds(5000))), std::vector<std::string>{"a.txt"});
  feed->Confirm(changed->front());
  EXPECT_TRUE(feed->Poll(milliseconds(60))->empty());
}

TEST(DirectoryFeedTest, NamesAreTextWhateverTheFileSystemHas) {
  EXPECT_EQ(NameOf("2024/第一期.txt"), "2024/第一期.txt");
  EXPECT_EQ(NameOf("a\nb\xff.txt"), "a%0Ab%FF.txt");
  const testing::TemporaryFolder folder;
  folder.Write("bad\xff.txt", "content");
  const auto feed = Open(folder.path(), milliseconds(1));
  const auto documents = feed->Poll(milliseconds(5000));
  ASSERT_EQ(Names(documents), std::vector<std::string>{"bad%FF.txt"});
  EXPECT_EQ(feed->Read(documents->front()).value_or(""), "content");
}

TEST(DirectoryFeedTest, OddNamesAreOfferedFoundAndMissedLikeAnyOther) {
  const std::vector<std::string> paths = {"a\nb.txt",        "tab\t.txt",       "bad\xff.txt",     "\xe4\xb8.txt",
                                          "back\\slash.txt", "-rf.txt",         "100%.txt",        "50%zz 7%4.txt",
                                          " .txt",           "\"'$(x)`;*?.txt", "\xfe/in\rner.txt"};
  const testing::TemporaryFolder folder;
  const auto feed = Open(folder.path(), milliseconds(1));
  std::set<std::string> names;
  for (const std::string& path : paths) {
    folder.Write(path, "content of " + path);
    names.insert(NameOf(path));
    EXPECT_EQ(PathOfName(NameOf(path)), path);
  }
  ASSERT_EQ(names.size(), paths.size());
  std::set<std::string> offered;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (offered.size() < names.size() && std::chrono::steady_clock::now() < deadline) {
    const auto documents = feed->Poll(milliseconds(50));
    ASSERT_TRUE(documents) << documents.error().message;
    for (const FeedDocument& document : *documents) {
      EXPECT_TRUE(offered.insert(document.name).second) << document.name << " is offered twice";
      EXPECT_EQ(feed->Read(document).value_or(""), "content of " + document.location);
      feed->Confirm(document);
    }
  }
  EXPECT_EQ(offered, names);
  for (const std::string& name : names) EXPECT_TRUE(feed->Has(name)) << name;
  EXPECT_TRUE(feed->TakeVanished().empty());
  for (const std::string& path : paths) std::filesystem::remove(folder.path() / path);
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  const std::vector<std::string> vanished = feed->TakeVanished();
  EXPECT_EQ(std::set<std::string>(vanished.begin(), vanished.end()), names);
  for (const std::string& name : names) EXPECT_FALSE(feed->Has(name)) << name;
}

// A percent sign is not escaped, so such a name reads like an escape; the file is found all the same.
TEST(DirectoryFeedTest, ANameThatLooksEscapedIsFound) {
  const testing::TemporaryFolder folder;
  const auto feed = Open(folder.path(), milliseconds(1));
  folder.Write("50%41.txt", "content");
  const auto documents = feed->Poll(milliseconds(5000));
  ASSERT_EQ(Names(documents), std::vector<std::string>{"50%2541.txt"});
  EXPECT_EQ(feed->Read(documents->front()).value_or(""), "content");
  EXPECT_TRUE(feed->Has("50%2541.txt"));
  std::filesystem::remove(folder.path() / "50%41.txt");
  EXPECT_TRUE(feed->Poll(milliseconds(10))->empty());
  EXPECT_EQ(feed->TakeVanished(), std::vector<std::string>{"50%2541.txt"});
  EXPECT_FALSE(feed->Has("50%2541.txt"));
}

// Two files under one name would each look like a new edition of the other, for ever.
TEST(DirectoryFeedTest, NoTwoPathsHaveOneName) {
  const std::vector<std::string> paths = {"a\nb.txt", "a%0Ab.txt", "a%250Ab.txt", "a%0ab.txt", "a%.txt", "%"};
  std::set<std::string> names;
  for (const std::string& path : paths) {
    names.insert(NameOf(path));
    EXPECT_EQ(PathOfName(NameOf(path)), path);
  }
  EXPECT_EQ(names.size(), paths.size());
}

TEST(DirectoryFeedTest, ALinkToAFolderIsNamedAndNotEntered) {
  const testing::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "in/sub");
  std::ofstream(folder.path() / "in/sub/a.txt") << "a";
  std::filesystem::create_directory_symlink(folder.path() / "in", folder.path() / "in/sub/round");
  const Listing listing = ListFiles(folder.path() / "in");
  EXPECT_EQ(listing.files, std::vector<std::string>{"sub/a.txt"});
  EXPECT_EQ(listing.links, std::vector<std::string>{"sub/round"});
  EXPECT_TRUE(listing.unreadable.empty());
}

TEST(DirectoryFeedTest, SaysWhyAFileCannotBeRead) {
  const testing::TemporaryFolder folder;
  folder.Write("large.txt", std::string(2000, 'x'));
  const auto feed = Open(folder.path(), milliseconds(1));
  EXPECT_EQ(feed->Read({"gone.txt", "gone.txt", ""}).error().kind, ErrorKind::kNoInput);
  EXPECT_EQ(feed->Read({"large.txt", "large.txt", ""}).error().kind, ErrorKind::kBadData);
  std::filesystem::create_directory(folder.path() / "folder");
  EXPECT_EQ(feed->Read({"folder", "folder", ""}).error().kind, ErrorKind::kIo);
  EXPECT_EQ(DirectoryFeed::Open({"x", "/no/such/folder"}, {}).error().kind, ErrorKind::kNoInput);
}

}  // namespace
}  // namespace ytterby
