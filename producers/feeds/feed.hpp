// The feed port: a feed is a place where documents appear.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace ytterby {

// A document that a feed found. The caller reads its bytes through Read, so that a poll stays small.
struct FeedDocument {
  std::string name;      // URL, or path below the watched folder; part of the document's identity
  std::string location;  // where the feed reads it: the path below the folder, as the file system has it
  std::string stamp;     // changes whenever the source changes (size and time of a file, validators of a page)
};

// How a feed that asks at times of its own stands.
struct FeedPolls {
  std::optional<Timestamp> succeeded;  // the last request that went well
  Timestamp next{};                    // no request before
  int failures = 0;                    // in a row
};

class Feed {
 public:
  virtual ~Feed() = default;
  virtual const std::string& name() const = 0;
  virtual int priority() const = 0;
  // Feeds of the same loop are polled in turn on one thread; a feed of no loop has a thread of its own.
  virtual std::string_view loop() const { return {}; }
  // What keeps the feed from seeing its source, while it waits for that to end. The text changes with each new failure.
  virtual std::optional<Error> Trouble() const { return std::nullopt; }
  // nullopt: each round looks.
  virtual std::optional<FeedPolls> Polls() const { return std::nullopt; }
  // Waits up to `wait` for documents that are complete and not yet confirmed with their current stamp.
  virtual Result<std::vector<FeedDocument>> Poll(std::chrono::milliseconds wait) = 0;
  // The bytes. kNoInput when the document is gone, kIo when it cannot be read, kBadData when it is above the limit.
  virtual Result<std::string> Read(const FeedDocument& document) = 0;
  // Whether the document of that name still exists.
  virtual bool Has(const std::string& name) const = 0;
  // Names of documents that have disappeared since the last call, as far as the feed noticed.
  virtual std::vector<std::string> TakeVanished() { return {}; }
  // The round failed: documents handed out but not confirmed will be handed out again.
  virtual void Abandon() = 0;
  // Moves the feed's position past the document, which is published, unchanged, or rejected and recorded.
  virtual void Confirm(const FeedDocument& document) = 0;
};

}  // namespace ytterby
