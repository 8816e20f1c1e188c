// The port of a feed: a place where documents appear.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace ytterby {

// A document a feed found. Its bytes are read by the caller through Read, so that a poll stays small.
struct FeedDocument {
  std::string name;      // URL, or path below the watched folder; part of the document's identity
  std::string location;  // where the feed reads it: the path below the folder as the file system has it
  std::string stamp;     // changes whenever the source changes (size and time of a file, validators of a page)
};

class Feed {
 public:
  virtual ~Feed() = default;
  virtual const std::string& name() const = 0;
  virtual int priority() const = 0;
  // Waits up to `wait` for documents that are complete and not confirmed under their stamp.
  virtual Result<std::vector<FeedDocument>> Poll(std::chrono::milliseconds wait) = 0;
  // The bytes; kNoInput when the document has gone, kIo when it may not be read, kBadData when it is above the limit.
  virtual Result<std::string> Read(const FeedDocument& document) = 0;
  // Is the document of that name still there?
  virtual bool Has(const std::string& name) const = 0;
  // Names of documents that have gone since the last call, as far as the feed was told.
  virtual std::vector<std::string> TakeVanished() { return {}; }
  // What was handed out and not confirmed is handed out again: its round failed.
  virtual void Abandon() = 0;
  // Only now the feed's position moves past the document: it is published, unchanged, or rejected and recorded.
  virtual void Confirm(const FeedDocument& document) = 0;
};

}  // namespace ytterby
