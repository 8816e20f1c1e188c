#include "common/lease.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

TEST(LeaseTest, ASecondHolderIsRefusedWithTheFirstOnesPid) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(Lease::Holder(folder.path(), "feed.a"), std::nullopt);
  const auto first = Lease::Acquire(folder.path(), "feed.a");
  ASSERT_TRUE(first);
  const auto second = Lease::Acquire(folder.path(), "feed.a");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kTryLater);
  EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos);
  EXPECT_EQ(Lease::Holder(folder.path(), "feed.a"), getpid());
  EXPECT_TRUE(Lease::Acquire(folder.path(), "feed.b"));
}

TEST(LeaseTest, ALeaseWhoseFileIsDeletedStillHolds) {
  const testing::TemporaryFolder folder;
  {
    const auto first = Lease::Acquire(folder.path(), "feed.a");
    ASSERT_TRUE(first);
    std::filesystem::remove_all(folder.path() / "leases");
    const auto second = Lease::Acquire(folder.path(), "feed.a");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::kTryLater);
    EXPECT_NE(second.error().message.find(std::to_string(getpid())), std::string::npos) << second.error().message;
    EXPECT_TRUE(Lease::Acquire(folder.path(), "feed.b"));
  }
  EXPECT_TRUE(Lease::Acquire(folder.path(), "feed.a"));
}

TEST(LeaseTest, ALeaseEndsWithItsProcess) {
  const testing::TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const auto lease = Lease::Acquire(folder.path(), "role");
    _exit(lease ? 0 : 1);  // no clean-up, like kill -9
  }
  int status = 1;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(Lease::Acquire(folder.path(), "role"));
}

}  // namespace
}  // namespace ytterby
