// Queries the store about issues for a view: reads several issues at a time and runs each query once.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "consumers/views/current_view.hpp"

namespace ytterby {

class IssueReader {
 public:
  // `expected`: the issues that will be read, in ascending order, each perhaps several times. They are read ahead;
  // other issues, and issues that the order has already passed, are read one by one. `whole`: a consumer's records of
  // all kinds are read at once.
  IssueReader(Snapshot& snapshot, std::vector<IssueId> expected, bool whole)
      : snapshot_(snapshot), expected_(std::move(expected)), whole_(whole) {}

  // The edition of an issue that counts for the consumer; nullptr if none. Results are valid until the next call for
  // this consumer.
  Result<const CurrentEdition*> EditionOf(const Normaliser& consumer, const IssueId& issue);
  // The edition's stored records of a kind, in no particular order.
  Result<const std::vector<StoredRecord>*> RecordsOf(const Normaliser& consumer, const IssueId& issue, RecordKind kind);

 private:
  // What has been read for one consumer.
  struct Read {
    std::vector<IssueId> issues;  // ascending
    std::vector<std::optional<CurrentEdition>> editions;
    std::vector<Result<void>> intact;  // kDamaged for an issue that cannot be read; the others can
    std::map<RecordKind, std::vector<std::vector<StoredRecord>>> records;  // for each issue
    std::size_t bytes = 0;                                                 // their approximate size
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
