// What a store holds, how far its consumers lag behind their log, and what waits for a person.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "consumers/stores/letters.hpp"
#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

struct WaitingEdition {
  IssueId issue;
  std::string feed, name;
  int stored = 0, listed = 0;
};

// A current edition that lists fewer sections than another of its issue.
struct ShorterEdition {
  IssueId issue;
  std::string name, longer;
  int listed = 0, of_longer = 0;
};

struct ConsumerStatus {
  std::string consumer;
  StoreCounts counts;
  std::optional<Offset> lag;  // nullopt: the log is not available
  std::vector<Holder> holders;
  std::vector<DeadLetter> letters;  // the first that wait, without their bytes
  std::vector<WaitingEdition> waiting;
  std::optional<Error> damage;          // the first issue that cannot be read
  std::vector<ShorterEdition> shorter;  // of the articles consumer only: the others' would repeat it
};

// Where the section topics of a log begin and end.
struct LogMarks {
  std::string log_id;
  std::map<TopicPartition, Watermarks> marks;
};
Result<LogMarks> ReadLogMarks(RecordLog& log);

// `marks`: nullptr if the log is not available. Lists at most `shown` letters and waiting editions of each consumer.
Result<std::vector<ConsumerStatus>> ReadConsumerStatus(Snapshot& snapshot, StoreWriter& writer, Letters& letters,
                                                       const LogMarks* marks, std::size_t shown);

}  // namespace ytterby
