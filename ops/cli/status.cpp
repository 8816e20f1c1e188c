// ytterby status: documents, rejections, lag, records, findings, dead letters at a glance.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <future>
#include <mutex>
#include <thread>

#include "common/caught.hpp"
#include "common/health.hpp"
#include "common/host.hpp"
#include "common/json_writer.hpp"
#include "common/lease.hpp"
#include "consumers/relay/record_owner.hpp"
#include "consumers/views/status.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/documents/archive.hpp"
#include "producers/feed_standing.hpp"

namespace ytterby::cli {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::chrono::seconds kDeadline{5};
constexpr std::chrono::seconds kHolderSilent{15};  // a consumer notes itself every 5 s

struct StoreStatus {
  std::string store_id;
  std::vector<ConsumerStatus> consumers;
};

struct ArchiveStatus {
  Archive::Counts counts;
  std::vector<RejectedDocument> rejections;  // newest first
  std::vector<SetAsideDocument> set_aside;
};

// What was learnt by the deadline. A missing part has its trouble instead.
struct Report {
  std::optional<ArchiveStatus> archive;
  std::optional<Error> archive_trouble;
  std::vector<FeedStanding> feeds;
  std::optional<Error> feeds_trouble;
  std::optional<std::string> log_id;
  std::optional<Ownership> owner;  // of the record topics
  std::optional<Error> log_trouble;
  std::optional<StoreStatus> store;
  std::optional<Error> store_trouble;
};

Result<ArchiveStatus> ReadArchive(const Config& config) {
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  ArchiveStatus status;
  YT_ASSIGN(counts, archive->Count());
  YT_ASSIGN(rejections, archive->Rejections());
  YT_ASSIGN(set_asides, archive->SetAsides());
  std::erase_if(set_asides, [](const SetAsideDocument& one) { return !one.delivery.set_aside; });
  std::stable_sort(rejections.begin(), rejections.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  status.counts = counts;
  status.rejections = std::move(rejections);
  status.set_aside = std::move(set_asides);
  return status;
}

// Queries log and store in parallel. A part that does not answer by the deadline is abandoned: the process ends with
// the command.
class Inquiry {
 public:
  explicit Inquiry(Config config) : config_(std::move(config)) {}

  Report Ask() {
    const auto deadline = std::chrono::steady_clock::now() + config_.timeout;
    if (auto archive = ReadArchive(config_)) {
      report_.archive = std::move(*archive);
    } else if (archive.error().kind != ErrorKind::kNoInput) {
      report_.archive_trouble = archive.error();
    }
    if (auto feeds = ReadFeedStandings(config_, SystemClock().Now())) {
      report_.feeds = std::move(*feeds);
    } else {
      report_.feeds_trouble = feeds.error();
    }
    std::promise<std::optional<LogMarks>> promise;
    std::shared_future<std::optional<LogMarks>> marks = promise.get_future().share();
    std::thread([this, promise = std::move(promise)]() mutable { AskLog(promise); }).detach();
    std::thread([this, marks, deadline] { AskStore(marks, deadline); }).detach();
    std::unique_lock lock(mutex_);
    done_changed_.wait_until(lock, deadline, [&] { return log_done_ && store_done_; });
    const Error silent{ErrorKind::kUnavailable, fmt::format("no answer within {} s", config_.timeout.count())};
    Report report = report_;
    if (!log_done_) report.log_trouble = silent;
    if (!store_done_) report.store_trouble = silent;
    answered_ = log_done_ && store_done_;
    return report;
  }
  // False: a thread is still waiting for an answer.
  bool answered() const { return answered_; }

 private:
  void AskLog(std::promise<std::optional<LogMarks>>& promise) {
    std::optional<std::string> id;
    std::optional<Ownership> owner;
    std::optional<LogMarks> marks;
    const auto ask = [&]() -> Result<void> {
      YT_ASSIGN(log, OpenLogForReading(config_));
      id = log->Id();
      YT_ASSIGN(read, ReadLogMarks(*log));
      marks = std::move(read);
      promise.set_value(marks);
      const auto partitions = log->PartitionCount(std::string(kOwnershipTopic));
      if (partitions && *partitions > 0) {
        if (const auto found = ReadOwner(*log)) owner = found->owner;
      }
      return {};
    };
    const Result<void> asked = Caught(ask);
    if (!marks) promise.set_value(std::nullopt);
    std::lock_guard lock(mutex_);
    report_.log_id = id;
    report_.owner = owner;
    if (!asked) report_.log_trouble = asked.error();
    log_done_ = true;
    done_changed_.notify_all();
  }

  void AskStore(const std::shared_future<std::optional<LogMarks>>& marks,
                std::chrono::steady_clock::time_point deadline) {
    const auto ask = [&]() -> Result<StoreStatus> {
      YT_ASSIGN(store, OpenStore(config_, true));
      YT_ASSIGN(snapshot, store->OpenSnapshot());
      // Waits for the log, but leaves time for the store.
      const bool there = marks.wait_until(deadline - std::chrono::seconds(1)) == std::future_status::ready;
      const LogMarks* const known = there && marks.get() ? &*marks.get() : nullptr;
      YT_ASSIGN(consumers, ReadConsumerStatus(*snapshot, store->writer(), store->letters(), known, kShown + 1));
      return StoreStatus{store->Id(), std::move(consumers)};
    };
    auto status = Caught(ask);
    std::lock_guard lock(mutex_);
    if (status) {
      report_.store = std::move(*status);
    } else {
      report_.store_trouble = status.error();
    }
    store_done_ = true;
    done_changed_.notify_all();
  }

  const Config config_;
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool log_done_ = false, store_done_ = false, answered_ = false;
  Report report_;
};

std::string HolderText(const Holder& holder, const std::string& host) {
  const auto silent = SystemClock().Now() - holder.seen;
  const bool here = holder.host == host;
  const std::string who = fmt::format("process {} on {}", holder.pid, holder.host);
  if (here && kill(holder.pid, 0) != 0 && errno == ESRCH) {
    return fmt::format("nobody ({} died, last seen {} ago)", who, DurationText(silent));
  }
  return fmt::format("{}, {} {}{}", who, silent > kHolderSilent ? "silent for" : "seen", DurationText(silent),
                     silent > kHolderSilent ? "" : " ago");
}

std::string HoldersText(const ConsumerStatus& consumer, const Config& config, const std::string& store_id) {
  const std::string name = HostName();
  // On the embedded log the lease shows at once whether a process is running.
  const auto holder = Lease::Holder(config.data_dir, fmt::format("group.ytterby.{}.{}", consumer.consumer, store_id));
  if (holder) return fmt::format("process {} on {}", *holder, name);
  std::string text;
  for (const Holder& one : consumer.holders) {
    if (text.size() > 200) break;
    text += (text.empty() ? "" : "; ") + HolderText(one, name);
  }
  return text.empty() ? "nobody" : text;
}

void PrintDocuments(const Config& config, const Report& report) {
  if (!report.archive) {
    Say("documents   {}\n",
        report.archive_trouble ? report.archive_trouble->message : "none archived in " + config.data_dir);
    return;
  }
  const ArchiveStatus& archive = *report.archive;
  Say("documents   {} archived, {} deliveries, {} set aside, {} rejected\n", archive.counts.documents,
      archive.counts.deliveries, archive.set_aside.size(), archive.rejections.size());
  for (std::size_t i = 0; i < std::min(kShown, archive.rejections.size()); ++i) {
    const RejectedDocument& rejected = archive.rejections[i];
    Say("  rejected  {} / {}: {}: {} ({})\n", rejected.feed, rejected.name, rejected.reason, rejected.message,
        rejected.at);
  }
  if (archive.rejections.size() > kShown) Say("  rejected  and {} older\n", archive.rejections.size() - kShown);
  for (std::size_t i = 0; i < std::min(kShown, archive.set_aside.size()); ++i) {
    const auto& [delivery, state, error, attempts] = archive.set_aside[i];
    Say("  set aside {} / {}: {}{}\n", delivery.feed, delivery.name, error,
        delivery.waived ? "; waived: " + *delivery.waived : "");
  }
  if (archive.set_aside.size() > kShown) Say("  set aside and {} more\n", archive.set_aside.size() - kShown);
}

std::string TimeText(const std::optional<Timestamp>& time) { return time ? FormatRfc3339(*time) : "never"; }

// 90 s, 15 min, 6 h, 30 d.
std::string DurationText(std::chrono::seconds time) {
  const auto count = time.count();
  if (count < 120) return fmt::format("{} s", count);
  if (count < 7200) return fmt::format("{} min", count / 60);
  if (count < 172'800) return fmt::format("{} h", count / 3600);
  return fmt::format("{} d", count / 86'400);
}

void PrintFeeds(const Report& report) {
  if (report.feeds_trouble) Say("feeds       {}\n", report.feeds_trouble->message);
  for (const FeedStanding& feed : report.feeds) {
    Say("feed        {} ({}): {}; newest document {}{}\n", feed.feed, feed.place, FeedStateName(feed.state),
        TimeText(feed.newest),
        feed.expected ? fmt::format(", expected within {} ({})", DurationText(*feed.expected),
                                    feed.learnt ? "learnt from its history" : "configured")
                      : "");
    if (!feed.trouble.empty()) {
      Say("  failing   {}{}\n", feed.trouble,
          feed.failures > 1 ? fmt::format(" ({} times in a row)", feed.failures) : "");
    }
    if (feed.next)
      Say("  polls     last success {}, next not before {} ({})\n", TimeText(feed.succeeded), TimeText(feed.next),
          feed.reason);
    if (feed.pages_failing > 0) Say("  pages     {} of its documents cannot be fetched now\n", feed.pages_failing);
  }
}

std::string OwnerText(const Config& config, const Report& report) {
  if (!config.PublishesRecords()) return "off";
  if (!report.log_id) return "not known";
  if (!report.owner) return "not published yet";
  if (report.store && report.owner->store == report.store->store_id) return "published by this store";
  return fmt::format("owned by store {} (claimed on {} at {})", report.owner->store, report.owner->host,
                     report.owner->at);
}

void PrintConsumer(const ConsumerStatus& consumer, const Config& config, const std::string& store_id) {
  const StoreCounts& counts = consumer.counts;
  Say("{:11} {:8} {:10} {:10} {:10} {:8} {:>6}  {}\n", consumer.consumer, counts.issues, counts.sections,
      counts.records, counts.findings, counts.dead_letters, consumer.lag ? std::to_string(*consumer.lag) : "?",
      HoldersText(consumer, config, store_id));
  if (consumer.damage) Say("  damaged   {}\n", consumer.damage->message);
  for (std::size_t i = 0; i < std::min(kShown, consumer.letters.size()); ++i) {
    const DeadLetter& letter = consumer.letters[i];
    Say("  dead letter {}/{} offset {}: {}: {}\n", letter.at.topic, letter.at.partition, letter.offset, letter.stage,
        letter.error);
  }
  if (consumer.letters.size() > kShown) {
    Say("  dead letter and {} more: `ytterby dead-letters list`\n",
        counts.dead_letters - static_cast<std::int64_t>(kShown));
  }
  for (std::size_t i = 0; i < std::min(kShown, consumer.waiting.size()); ++i) {
    const WaitingEdition& one = consumer.waiting[i];
    Say("  waiting   {} / {} of {}: {} of {} sections stored\n", one.feed, one.name, one.issue.label, one.stored,
        one.listed);
  }
  if (consumer.waiting.size() > kShown) Say("  waiting   and more editions\n");
  for (std::size_t i = 0; i < std::min(kShown, consumer.shorter.size()); ++i) {
    const ShorterEdition& one = consumer.shorter[i];
    Say("  fewer     {}: {} lists {} sections, {} lists {}\n", one.issue.label, one.name, one.listed, one.longer,
        one.of_longer);
  }
  if (consumer.shorter.size() > kShown) Say("  fewer     and more: `ytterby findings --check fewer-sections`\n");
}

void Print(const Config& config, const Report& report) {
  PrintDocuments(config, report);
  PrintFeeds(report);
  const bool no_log = report.log_trouble && report.log_trouble->kind == ErrorKind::kNoInput;
  Say("log         {}{}{}\n", config.brokers.empty() ? "embedded" : config.brokers,
      report.log_id ? fmt::format(" ({})", *report.log_id) : "",
      no_log               ? ": none yet"
      : report.log_trouble ? ": " + report.log_trouble->message
                           : "");
  if (config.PublishesRecords()) Say("topics      record topics: {}\n", OwnerText(config, report));
  if (!report.store) {
    const bool none = report.store_trouble->kind == ErrorKind::kNoInput;
    Say("store       {}: {}\n", config.StoreUrl(), none ? "none yet" : report.store_trouble->message);
    return;
  }
  Say("store       {} ({})\n", config.StoreUrl(), report.store->store_id);
  Say("{:11} {:>8} {:>10} {:>10} {:>10} {:>8} {:>6}  {}\n", "consumer", "issues", "sections", "records", "findings",
      "dead", "lag", "held by");
  std::int64_t findings = 0;
  for (const ConsumerStatus& consumer : report.store->consumers) {
    PrintConsumer(consumer, config, report.store->store_id);
    findings += consumer.counts.findings;
  }
  Say("findings    {} stored; `ytterby findings --count` adds those across sections and issues\n", findings);
}

std::optional<std::string> MessageOf(const std::optional<Error>& trouble) {
  return trouble ? std::optional(trouble->message) : std::nullopt;
}

void PrintJson(const Config& config, const Report& report) {
  JsonWriter json;
  json.BeginObject().Field("data_dir", config.data_dir);
  json.Key("documents").BeginObject();
  if (report.archive) {
    json.Field("archived", report.archive->counts.documents).Field("deliveries", report.archive->counts.deliveries);
    json.Key("rejected").Number(std::ssize(report.archive->rejections)).Key("newest_rejections").BeginArray();
    for (std::size_t i = 0; i < std::min(kShown, report.archive->rejections.size()); ++i) {
      const RejectedDocument& one = report.archive->rejections[i];
      json.BeginObject().Field("feed", one.feed).Field("name", one.name).Field("reason", one.reason);
      json.Field("message", one.message).Field("at", one.at).EndObject();
    }
    json.EndArray().Key("set_aside").Number(std::ssize(report.archive->set_aside));
  }
  json.Field("trouble", MessageOf(report.archive_trouble)).EndObject();
  json.Key("feeds").BeginArray();
  const auto time = [](const std::optional<Timestamp>& at) {
    return at ? std::optional(FormatRfc3339(*at)) : std::nullopt;
  };
  for (const FeedStanding& feed : report.feeds) {
    json.BeginObject().Field("feed", feed.feed).Field("place", feed.place).Field("state", FeedStateName(feed.state));
    json.Field("trouble", feed.trouble.empty() ? std::nullopt : std::optional(feed.trouble));
    json.Field("last_success", time(feed.succeeded)).Field("newest_document", time(feed.newest));
    json.Field("next_poll", time(feed.next))
        .Field("next_poll_reason", feed.next ? std::optional(feed.reason) : std::nullopt);
    json.Field("failures", feed.failures).Field("pages_failing", feed.pages_failing);
    json.Key("expected_interval_s");
    if (feed.expected) {
      json.Number(feed.expected->count());
    } else {
      json.Null();
    }
    json.Key("expected_interval_learnt").Bool(feed.learnt).EndObject();
  }
  json.EndArray();
  json.Key("log").BeginObject().Field("subject", LogSubject(config)).Field("id", report.log_id);
  json.Field("trouble", MessageOf(report.log_trouble));
  json.Field("record_topics", OwnerText(config, report));
  json.Field("record_topics_owner", report.owner ? std::optional(report.owner->store) : std::nullopt).EndObject();
  json.Key("store").BeginObject().Field("url", config.StoreUrl());
  json.Field("id", report.store ? std::optional(report.store->store_id) : std::nullopt);
  json.Field("trouble", MessageOf(report.store_trouble));
  json.Key("consumers").BeginArray();
  for (const ConsumerStatus& one : report.store ? report.store->consumers : std::vector<ConsumerStatus>()) {
    json.BeginObject()
        .Field("consumer", one.consumer)
        .Field("issues", one.counts.issues)
        .Field("sections", one.counts.sections);
    json.Field("records", one.counts.records).Field("findings_stored", one.counts.findings);
    json.Field("dead_letters", one.counts.dead_letters).Field("damage", MessageOf(one.damage)).Key("lag");
    if (one.lag) {
      json.Number(*one.lag);
    } else {
      json.Null();
    }
    json.Field("held_by", HoldersText(one, config, report.store->store_id)).Key("holders").BeginArray();
    for (const Holder& holder : one.holders) {
      json.BeginObject()
          .Field("host", holder.host)
          .Field("pid", holder.pid)
          .Field("seen", FormatRfc3339(holder.seen))
          .EndObject();
    }
    json.EndArray().Key("waiting").BeginArray();
    for (const WaitingEdition& edition : one.waiting) {
      json.BeginObject().Field("issue", edition.issue.label).Field("feed", edition.feed).Field("name", edition.name);
      json.Field("stored", edition.stored).Field("listed", edition.listed).EndObject();
    }
    json.EndArray().EndObject();
  }
  fmt::print("{}\n", json.EndArray().EndObject().EndObject().text());
}

Result<int> Status(const CommonFlags& flags, bool as_json) {
  YT_ASSIGN(config, LoadConfig(flags));
  if (!flags.timeout) config.timeout = std::min<std::chrono::seconds>(config.timeout, kDeadline);
  if (config.store.empty() && !std::filesystem::exists(config.data_dir)) {
    return Fail(ErrorKind::kNoInput,
                fmt::format("{}: no such data folder; `ytterby ingest` creates it", config.data_dir));
  }
  // Never destroyed: a thread may still wait for a service that does not answer when the command ends.
  Inquiry& inquiry = *new Inquiry(config);
  const Report report = inquiry.Ask();
  (as_json ? &PrintJson : &Print)(config, report);
  std::optional<Error> trouble;
  for (const auto& one : {report.archive_trouble, report.log_trouble, report.store_trouble}) {
    if (one && one->kind != ErrorKind::kNoInput && !trouble) trouble = one;
  }
  if (report.store) {
    for (const ConsumerStatus& consumer : report.store->consumers) {
      if (consumer.damage && !trouble) trouble = consumer.damage;
    }
  }
  if (inquiry.answered()) {
    if (!trouble) return 0;
    return tl::unexpected<Error>(*trouble);
  }
  // Nothing that such a thread uses can be destroyed, so static objects stay too.
  const bool printed = std::fflush(stdout) == 0 || errno == EPIPE;
  SayError("ytterby: {}\n", trouble->message);
  std::_Exit(printed ? ExitCode(trouble->kind) : ExitCode(ErrorKind::kIo));
}

}  // namespace

void AddStatus(Program& program) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = program.app.add_subcommand(
      "status", "show documents, rejections, lag, records, findings and dead letters at a glance");
  command->add_flag("--json", *as_json, "print one JSON object");
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby status --data-dir data\n"
      "  ytterby status --data-dir data --json\n"
      "Answers within 5 s (or --timeout). If a service is away, it prints what is known and exits 69.");
  program.commands.push_back({command, [flags = program.flags, as_json] { return Status(*flags, *as_json); }});
}

}  // namespace ytterby::cli
