// A watched folder as a feed.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "producers/feeds/feed.hpp"

namespace ytterby {

struct DirectoryFeedOptions {
  std::string name;
  std::filesystem::path folder;
  int priority = 0;
  std::uint64_t max_document_bytes = 32u << 20;
  std::chrono::milliseconds settle{1000};       // a file that no writer holds open is complete when unchanged this long
  std::chrono::milliseconds held_open{15'000};  // the same for a file that a writer still holds open
  std::chrono::milliseconds rescan{30'000};     // between full scans, since inotify may lose events
};

// Watches sub-folders too. A file renamed into place is complete at once; any other file when its writer has closed it
// and it has stopped changing. A watched folder that disappears or cannot be read is an error until it is back; one
// that is replaced is scanned again. A sub-folder that cannot be entered is handed out as a document that cannot be
// read. A file changed under the same name is handed out again, as a new edition. Used by one thread.
class DirectoryFeed final : public Feed {
 public:
  // `known`: the stamps of the files already delivered, by name.
  static Result<std::unique_ptr<DirectoryFeed>> Open(DirectoryFeedOptions options,
                                                     std::map<std::string, std::string> known);
  ~DirectoryFeed() override;

  const std::string& name() const override { return options_.name; }
  int priority() const override { return options_.priority; }
  Result<std::vector<FeedDocument>> Poll(std::chrono::milliseconds wait) override;
  Result<std::string> Read(const FeedDocument& document) override;
  bool Has(const std::string& name) const override;
  std::vector<std::string> TakeVanished() override { return std::exchange(vanished_, {}); }
  void Abandon() override;
  void Confirm(const FeedDocument& document) override;

 private:
  struct Candidate {
    std::string stamp;
    std::chrono::steady_clock::time_point since;
    bool complete = false;  // renamed into place
    bool written = false;   // a write was seen, and no close since
  };

  DirectoryFeed(DirectoryFeedOptions options, std::map<std::string, std::string> known, int inotify);
  // kIo: the folder is gone or cannot be read.
  Result<void> CheckFolder();
  void Watch(const std::filesystem::path& folder);
  Result<void> Scan();  // kTryLater: the folders cannot be listed now
  void ReadEvents();
  void Consider(const std::string& name, bool complete, bool written = false);
  std::chrono::milliseconds SettleTimeOf(const Candidate& candidate) const;
  std::vector<FeedDocument> TakeComplete();
  std::chrono::milliseconds UntilNextCheck() const;

  DirectoryFeedOptions options_;
  std::map<std::string, std::string> confirmed_;  // name to stamp
  std::map<std::string, Candidate> candidates_;
  std::map<std::string, std::string> handed_out_;  // not confirmed yet
  std::vector<std::string> vanished_;
  int inotify_ = -1;
  std::map<int, std::filesystem::path> watches_;
  bool watching_ = false;                               // whether the top folder is watched
  std::pair<std::uint64_t, std::uint64_t> identity_{};  // its device and inode
  std::chrono::steady_clock::time_point last_scan_{};
};

}  // namespace ytterby
