// What a store holds, how far its consumers lag behind their log, and what waits for a person.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

struct WaitingEdition {
  IssueId issue;
  std::string feed, name;
  int stored = 0, listed = 0;
};

struct ConsumerStatus {
  std::string consumer;
  StoreCounts counts;
  std::optional<Offset> lag;  // nullopt: the log is not available
  std::vector<Holder> holders;
  std::vector<DeadLetter> letters;  // the first that wait, without their bytes
  std::vector<WaitingEdition> waiting;
};

struct StoreStatus {
  std::string store_id;
  std::vector<ConsumerStatus> consumers;
};

// `log`: nullptr if it is not available. Lists at most `shown` letters and waiting editions of each consumer.
Result<StoreStatus> ReadStoreStatus(Store& store, RecordLog* log, std::size_t shown);

}  // namespace ytterby
