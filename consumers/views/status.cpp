#include "consumers/views/status.hpp"

#include <algorithm>

#include "consumers/normaliser.hpp"

namespace ytterby {
namespace {

Result<Offset> LagOf(const Normaliser& normaliser, RecordLog& log, StoreWriter& writer) {
  Offset lag = 0;
  for (const std::string& topic : TopicsOf(normaliser)) {
    YT_ASSIGN(partitions, log.PartitionCount(topic));
    for (int partition = 0; partition < partitions; ++partition) {
      YT_ASSIGN(marks, log.GetWatermarks({topic, partition}));
      YT_ASSIGN(offset, writer.OffsetOf(std::string(normaliser.consumer), log.Id(), {topic, partition}));
      lag += marks.high -
             std::max<Offset>(marks.low, offset ? offset->next : 0);  // messages gone from the log are not counted
    }
  }
  return lag;
}

}  // namespace

Result<StoreStatus> ReadStoreStatus(Store& store, RecordLog* log, std::size_t shown) {
  StoreStatus status{store.Id(), {}};
  YT_ASSIGN(snapshot, store.OpenSnapshot());
  YT_ASSIGN(holders, store.writer().Holders());
  for (const Normaliser& normaliser : Normalisers()) {
    ConsumerStatus one;
    one.consumer = normaliser.consumer;
    YT_ASSIGN(counts, snapshot->Count(one.consumer));
    one.counts = counts;
    if (log) {
      // A log that goes away meanwhile counts as unavailable.
      if (const auto lag = LagOf(normaliser, *log, store.writer())) one.lag = *lag;
    }
    std::copy_if(holders.begin(), holders.end(), std::back_inserter(one.holders),
                 [&](const Holder& holder) { return holder.consumer == one.consumer; });
    YT_ASSIGN(letters, store.letters().List({.consumer = one.consumer, .limit = shown}));
    one.letters = std::move(letters);
    YT_ASSIGN(issues, snapshot->Issues(one.consumer));
    YT_ASSIGN(editions, snapshot->Editions(one.consumer, issues, normaliser.categories));
    for (std::size_t i = 0; i < issues.size() && one.waiting.size() < shown; ++i) {
      for (const EditionRow& edition : editions[i]) {
        if (edition.stored < edition.listed)
          one.waiting.push_back({issues[i], edition.feed, edition.name, edition.stored, edition.listed});
      }
    }
    status.consumers.push_back(std::move(one));
  }
  return status;
}

}  // namespace ytterby
