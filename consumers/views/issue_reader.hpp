// What a view asks of the store about issues: several issues are read at a time, each question once.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "consumers/views/current_view.hpp"

namespace ytterby {

class IssueReader {
 public:
  // `expected`: the issues that will be asked about, ascending, each perhaps several times. They are read ahead;
  // others, and those behind the last one asked about, are read one by one. `whole`: a consumer's records of all kinds
  // are read at once.
  IssueReader(Snapshot& snapshot, std::vector<IssueId> expected, bool whole)
      : snapshot_(snapshot), expected_(std::move(expected)), whole_(whole) {}

  // The consumer's edition of an issue that counts; nullptr for none. The answers live until the next question about
  // this consumer.
  Result<const CurrentEdition*> EditionOf(const Normaliser& consumer, const IssueId& issue);
  // Its records of a kind as they are stored, in no particular order.
  Result<const std::vector<StoredRecord>*> RecordsOf(const Normaliser& consumer, const IssueId& issue, RecordKind kind);

 private:
  // What was read for one consumer.
  struct Read {
    std::vector<IssueId> issues;  // ascending
    std::vector<std::optional<CurrentEdition>> editions;
    std::map<RecordKind, std::vector<std::vector<StoredRecord>>> records;  // for each issue
    std::size_t bytes = 0;                                                 // of them, about
  };
  struct Place {
    Read* read;
    std::size_t index;
  };
  Result<Place> Find(const Normaliser& consumer, const IssueId& issue);
  Result<void> ReadRecords(const Normaliser& consumer, Read& read, RecordKind kind);

  Snapshot& snapshot_;
  const std::vector<IssueId> expected_;
  const bool whole_;
  std::map<std::string_view, Read> ahead_, beside_;
};

}  // namespace ytterby
