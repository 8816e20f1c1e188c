// ytterby status: documents, rejections, offsets, records, findings, dead letters at a glance.
#include <fmt/format.h>

#include <algorithm>

#include "consumers/current_view.hpp"
#include "ops/cli/context.hpp"

namespace ytterby::cli {
namespace {

Result<void> PrintDocuments(const Config& config) {
  if (!std::filesystem::exists(std::filesystem::path(config.data_dir) / "archive" / "deliveries.db")) {
    fmt::print("documents   none archived in {}\n", config.data_dir);
    return {};
  }
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  YT_ASSIGN(counts, archive->Count());
  YT_ASSIGN(rejections, archive->Rejections());
  fmt::print("documents   {} archived, {} deliveries, {} set aside, {} rejected\n", counts.documents, counts.deliveries, counts.set_aside,
             rejections.size());
  for (const RejectedDocument& rejected : rejections) {
    fmt::print("  rejected  {} / {}: {}: {} ({})\n", rejected.feed, rejected.name, rejected.reason, rejected.message, rejected.at);
  }
  YT_ASSIGN(set_asides, archive->SetAsides());
  for (const auto& [delivery, state, error, attempts] : set_asides) {
    if (!delivery.set_aside) continue;
    fmt::print("  set aside {} / {}: {}{}\n", delivery.feed, delivery.name, error, delivery.waived ? "; waived: " + *delivery.waived : "");
  }
  return {};
}

// How far a consumer is behind the log; nullopt where the log is not there to ask.
Result<std::optional<Offset>> LagOf(const Normaliser& normaliser, RecordLog* log, Store& store) {
  if (!log) return std::optional<Offset>();
  Offset lag = 0;
  for (const std::string& topic : TopicsOf(normaliser)) {
    YT_ASSIGN(partitions, log->PartitionCount(topic));
    for (int partition = 0; partition < partitions; ++partition) {
      YT_ASSIGN(marks, log->GetWatermarks({topic, partition}));
      YT_ASSIGN(offset, store.OffsetOf(std::string(normaliser.consumer), log->Id(), {topic, partition}));
      lag += marks.high - std::max<Offset>(marks.low, offset ? offset->next : 0);  // what is gone from the log is no longer waited for
    }
  }
  return std::optional<Offset>(lag);
}

Result<void> PrintStore(const Config& config, RecordLog* log) {
  auto opened = OpenStore(config, true, Lifetime::kOneShot);
  if (!opened && opened.error().kind == ErrorKind::kNoInput) {
    fmt::print("store       none yet at {}\n", config.StoreUrl());
    return {};
  }
  YT_ASSIGN(store, std::move(opened));
  fmt::print("store       {} ({})\n", config.StoreUrl(), store->Id());
  fmt::print("{:11} {:>8} {:>10} {:>10} {:>10} {:>8} {:>6}  {}\n", "consumer", "issues", "sections", "records", "findings", "dead", "lag",
             "held by");
  for (const Normaliser& normaliser : Normalisers()) {
    const std::string name(normaliser.consumer);
    YT_ASSIGN(counts, store->Count(name));
    YT_ASSIGN(lag, LagOf(normaliser, log, *store));
    const auto holder = Lease::Holder(config.data_dir, fmt::format("group.ytterby.{}.{}", name, store->Id()));
    fmt::print("{:11} {:8} {:10} {:10} {:10} {:8} {:>6}  {}\n", name, counts.issues, counts.sections, counts.records, counts.findings,
               counts.dead_letters, lag ? std::to_string(*lag) : "?",
               holder                   ? fmt::format("process {}", *holder)
               : config.brokers.empty() ? "nobody"
                                        : fmt::format("group ytterby.{}.{}", name, store->Id()));
    YT_ASSIGN(letters, store->DeadLetters(name));
    for (const DeadLetter& letter : letters) {
      if (letter.state != "open" && letter.state != "retried") continue;
      fmt::print("  dead letter {}/{} offset {}: {}: {}\n", letter.at.topic, letter.at.partition, letter.offset, letter.stage,
                 letter.error);
    }
    YT_ASSIGN(issues, store->Issues(name));
    YT_ASSIGN(editions, store->Editions(name, issues, normaliser.categories));
    for (std::size_t i = 0; i < issues.size(); ++i) {
      for (const EditionRow& edition : editions[i]) {
        if (edition.stored < edition.listed) {
          fmt::print("  waiting   {} / {} of {}: {} of {} sections stored\n", edition.feed, edition.name, issues[i].label, edition.stored,
                     edition.listed);
        }
      }
    }
  }
  return {};
}

// The log as it is: nothing is made.
Result<std::unique_ptr<RecordLog>> LookAtLog(const Config& config) {
  const auto file = std::filesystem::path(config.data_dir) / "log.db";
  if (config.brokers.empty() && !std::filesystem::exists(file))
    return Fail(ErrorKind::kNoInput, fmt::format("{}: none yet", file.string()));
  return OpenLog(config, Lifetime::kOneShot);
}

Result<int> Status(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  if (!std::filesystem::exists(config.data_dir))
    return Fail(ErrorKind::kNoInput, fmt::format("{}: no such data folder; `ytterby ingest` makes it", config.data_dir));
  YT_CHECK(PrintDocuments(config));
  const auto log = LookAtLog(config);
  const bool none = !log && log.error().kind == ErrorKind::kNoInput;
  fmt::print("log         {}{}\n", config.brokers.empty() ? "embedded" : config.brokers,
             log    ? fmt::format(" ({})", (*log)->Id())
             : none ? ": none yet"
                    : ": " + log.error().message);
  // What the store holds is to be seen also while the log is away.
  YT_CHECK(PrintStore(config, log ? log->get() : nullptr));
  if (!log && !none) return tl::unexpected<Error>(log.error());
  return 0;
}

}  // namespace

void AddStatus(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand("status", "documents, rejections, lag, records, findings, dead letters at a glance");
  AddCommonFlags(*command, *flags);
  command->footer("Example:\n  ytterby status --data-dir data");
  commands.push_back({command, [flags] { return Status(*flags); }});
}

}  // namespace ytterby::cli
