#include "consumers/views/status.hpp"

#include <algorithm>

#include "consumers/normaliser.hpp"
#include "consumers/views/current_view.hpp"

namespace ytterby {
namespace {

Result<Offset> LagOf(const Normaliser& normaliser, const LogMarks& log, StoreWriter& writer) {
  Offset lag = 0;
  for (const std::string& topic : TopicsOf(normaliser)) {
    for (auto one = log.marks.lower_bound({topic, 0}); one != log.marks.end() && one->first.topic == topic; ++one) {
      const Watermarks& marks = one->second;
      YT_ASSIGN(offset, writer.OffsetOf(std::string(normaliser.consumer), log.log_id, one->first));
      // Messages that are gone from the log are not counted.
      lag += marks.high - std::max<Offset>(marks.low, offset ? offset->next : 0);
    }
  }
  return lag;
}

}  // namespace

Result<LogMarks> ReadLogMarks(RecordLog& log) {
  LogMarks read{log.Id(), {}};
  for (const Normaliser& normaliser : Normalisers()) {
    for (const std::string& topic : TopicsOf(normaliser)) {
      if (const auto known = read.marks.lower_bound({topic, 0});
          known != read.marks.end() && known->first.topic == topic)
        continue;
      YT_ASSIGN(partitions, log.PartitionCount(topic));
      for (int partition = 0; partition < partitions; ++partition) {
        YT_ASSIGN(marks, log.GetWatermarks({topic, partition}));
        read.marks[{topic, partition}] = marks;
      }
    }
  }
  return read;
}

Result<std::vector<ConsumerStatus>> ReadConsumerStatus(Snapshot& snapshot, StoreWriter& writer, Letters& letters,
                                                       const LogMarks* marks, std::size_t shown) {
  std::vector<ConsumerStatus> consumers;
  YT_ASSIGN(holders, writer.Holders());
  for (const Normaliser& normaliser : Normalisers()) {
    ConsumerStatus one;
    one.consumer = normaliser.consumer;
    YT_ASSIGN(counts, snapshot.Count(one.consumer));
    one.counts = counts;
    if (marks) {
      YT_ASSIGN(lag, LagOf(normaliser, *marks, writer));
      one.lag = lag;
    }
    std::copy_if(holders.begin(), holders.end(), std::back_inserter(one.holders),
                 [&](const Holder& holder) { return holder.consumer == one.consumer; });
    YT_ASSIGN(waiting_letters, letters.List({.consumer = one.consumer, .limit = shown}));
    one.letters = std::move(waiting_letters);
    YT_ASSIGN(issues, snapshot.Issues(one.consumer));
    YT_ASSIGN(editions, snapshot.Editions(one.consumer, issues, normaliser.categories));
    for (std::size_t i = 0; i < issues.size(); ++i) {
      const auto intact = CheckIntact(snapshot, one.consumer, issues[i], editions[i]);
      if (intact) continue;
      if (!one.damage) one.damage = intact.error();
      editions[i].clear();
    }
    for (std::size_t i = 0; i < issues.size() && one.consumer == "articles" && one.shorter.size() < shown; ++i) {
      const auto current = ChooseEdition(editions[i]);
      if (!current || !current->longer) continue;
      const auto& [longer, of_longer] = *current->longer;
      one.shorter.push_back({issues[i], current->edition.name, longer, current->edition.of_all, of_longer});
    }
    for (std::size_t i = 0; i < issues.size() && one.waiting.size() < shown; ++i) {
      for (const EditionRow& edition : editions[i]) {
        if (edition.stored < edition.listed)
          one.waiting.push_back({issues[i], edition.feed, edition.name, edition.stored, edition.listed});
      }
    }
    consumers.push_back(std::move(one));
  }
  return consumers;
}

}  // namespace ytterby
