// What is known of the pages that web feeds watch: feeds.db in the data folder. Losing it costs requests, no data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/db/sqlite.hpp"

namespace ytterby {

struct PageState {
  std::string url;
  std::string etag, last_modified;   // of what was taken last
  std::string digest;                // of its bytes
  std::uint64_t bytes = 0;           // their number
  std::string mark;                  // what the list that names the page says of it; another mark makes it due
  bool listed = false;               // a list names it now
  bool in_list = false;              // the list holds the document itself, so there is nothing to ask for
  bool taken = false;                // it was published, or rejected, at least once
  int status = 0;                    // of the last answer, 0 if none came
  int failures = 0;                  // in a row
  std::string error;                 // of the last request, empty if it went well
  Timestamp checked{}, succeeded{};  // the last request, the last that went well
  Timestamp next{};                  // no request before
  std::string reason;                // for `next`
  std::string moved_to;              // where permanent redirects have led since `moved`
  Timestamp moved{};
};

// What a host has served and been spared.
struct HostLedger {
  std::string host;
  std::int64_t requests = 0, not_modified = 0, bytes = 0, bytes_saved = 0;
};

// Thread-safe use needs one object a thread.
class PageStore {
 public:
  // Creates what is missing. An empty path: in memory, for a trial.
  static Result<std::unique_ptr<PageStore>> Open(const std::filesystem::path& file);
  static Result<std::unique_ptr<PageStore>> OpenReadOnly(const std::filesystem::path& file);

  Result<std::vector<PageState>> Pages(const std::string& feed);
  // All or none.
  Result<void> Put(const std::string& feed, const std::vector<const PageState*>& pages);
  Result<void> Count(const HostLedger& more);
  Result<std::vector<HostLedger>> Ledger();

 private:
  explicit PageStore(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace ytterby
