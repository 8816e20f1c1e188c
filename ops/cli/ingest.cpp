// ytterby ingest: publishes documents, waits until they are stored, prints a summary and exits.
#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <thread>

#include "common/health.hpp"
#include "common/lease.hpp"
#include "consumers/consumer_pool.hpp"
#include "consumers/drain.hpp"
#include "consumers/relay/relay.hpp"
#include "consumers/views/findings.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/feed_loop.hpp"
#include "producers/feeds/files.hpp"
#include "producers/reconcile.hpp"

namespace ytterby::cli {
namespace {

constexpr const char* kFeed = "ingest";

struct IngestFlags {
  std::vector<std::string> paths;
  std::optional<std::string> issue;
  std::optional<int> drain_timeout;
};

struct InputFile {
  std::filesystem::path path;
  std::string name;  // the path below the given folder, or the file's name
};

// Two files with the same name would be two revisions of one document, so they are refused. The same path given twice
// counts once.
Result<void> CheckNames(const std::vector<InputFile>& files) {
  std::map<std::string, std::filesystem::path> seen;
  for (const InputFile& file : files) {
    const auto [known, fresh] = seen.try_emplace(file.name, file.path);
    if (!fresh) {
      return Fail(ErrorKind::kUsage, fmt::format("{} and {} would both be the document {}; give the folder above them",
                                                 known->second.string(), file.path.string(), file.name));
    }
  }
  return {};
}

// Files of the data folder are left out where a folder that holds it is given.
Result<std::vector<InputFile>> ListInputs(const std::vector<std::string>& paths, const std::filesystem::path& data_dir,
                                          std::vector<InputFile>& unreadable) {
  std::vector<InputFile> files;
  for (const std::string& path : paths) {
    std::error_code ec;
    const auto status = std::filesystem::status(path, ec);
    if (!std::filesystem::exists(status))
      return Fail(ErrorKind::kNoInput, fmt::format("{}: no such file or folder", path));
    if (std::filesystem::is_directory(status)) {
      const Listing listing = ListFiles(path);
      if (!listing.failed.empty()) return Fail(ErrorKind::kTryLater, listing.failed);
      const bool holds_data = IsInside(data_dir, path);
      for (const std::string& name : listing.files) {
        const std::filesystem::path file = std::filesystem::path(path) / name;
        if (!holds_data || !IsInside(file, data_dir)) files.push_back({file, NameOf(name)});
      }
      for (const std::string& name : listing.unreadable)
        unreadable.push_back({std::filesystem::path(path) / name, NameOf(name)});
      for (const std::string& name : listing.links) {
        spdlog::warn("{} is a symbolic link to a folder and is not followed; give its target",
                     NameOf((std::filesystem::path(path) / name).string()));
      }
    } else {
      files.push_back({path, NameOf(std::filesystem::path(path).filename().string())});
    }
  }
  std::set<std::filesystem::path> given;
  std::erase_if(files, [&](const InputFile& file) {
    return !given.insert(std::filesystem::absolute(file.path).lexically_normal()).second;
  });
  YT_CHECK(CheckNames(files));
  return files;
}

// What this run did, for the summary.
struct Tally {
  int fresh = 0, unchanged = 0, sections = 0;
  std::vector<std::pair<std::string, std::string>> rejected;  // name, reason and cause
  std::set<std::string> issues;
  PublishedOffsets targets;

  void Add(const PublishOutcome& outcome) {
    for (const auto& [at, offset] : outcome.offsets) {
      Offset& target = targets.try_emplace(at, offset).first->second;
      target = std::max(target, offset);
    }
    issues.insert(outcome.issues.begin(), outcome.issues.end());
    sections += outcome.sections;
    switch (outcome.kind) {
      case PublishOutcome::Kind::kNew:
        ++fresh;
        break;
      case PublishOutcome::Kind::kUnchanged:
        ++unchanged;
        break;
      case PublishOutcome::Kind::kRejected:
      case PublishOutcome::Kind::kSetAside:
        rejected.emplace_back(outcome.name,
                              fmt::format("{}: {}", RejectName(outcome.rejection->reason), outcome.rejection->message));
    }
  }
};

struct Totals {
  std::int64_t records = 0, findings = 0, dead_letters = 0;
};

Result<Totals> CountStore(Store& store) {
  Totals totals;
  YT_ASSIGN(snapshot, store.OpenSnapshot());
  for (const Normaliser& normaliser : Normalisers()) {
    YT_ASSIGN(counts, snapshot->Count(std::string(normaliser.consumer)));
    totals.records += counts.records;
    totals.findings += counts.findings;
    totals.dead_letters += counts.dead_letters;
  }
  return totals;
}

// The most severe findings of this run's issues, without infos.
Result<std::string> WorstFindings(Store& store, const std::set<std::string>& issues) {
  constexpr std::size_t kShown = 5;
  FindingCounts counts;
  if (!issues.empty()) {
    YT_ASSIGN(snapshot, store.OpenSnapshot());
    YT_CHECK(ForEachFinding(
        *snapshot, [&](const IssueId&, const ViewFinding& finding) { counts.Add(finding.severity, finding.check); },
        {.only = [&](const IssueId& issue) { return issues.contains(issue.label); }, .coverage = false}));
  }
  return counts.Lines("  ", 1, kShown);
}

void PrintSummary(const Tally& tally, const Totals& before, const Totals& after, const std::string& worst,
                  double seconds) {
  Say("documents: {} new, {} unchanged, {} rejected\n", tally.fresh, tally.unchanged, tally.rejected.size());
  for (const auto& [name, reason] : tally.rejected) Say("  rejected {}: {}\n", name, reason);
  std::string issues;
  for (const std::string& issue : tally.issues) {
    if (issues.size() > 100) {
      issues += " …";
      break;
    }
    issues += (issues.empty() ? "" : " ") + issue;
  }
  if (!issues.empty()) Say("issues:    {} ({})\n", tally.issues.size(), issues);
  Say("sections:  {}\n", tally.sections);
  Say("records:   {} new, {} stored\n", after.records - before.records, after.records);
  Say("findings:  {} new, {} stored\n", after.findings - before.findings, after.findings);
  Say("{}", worst);
  if (after.dead_letters > 0) Say("dead letters: {}\n", after.dead_letters);
  Say("seconds:   {:.2f}\n", seconds);
}

// A one-shot command's consumers poll briefly, so that it ends as soon as everything is stored.
ConsumerOptions OneShotConsumers() {
  ConsumerOptions options;
  options.poll_wait = std::chrono::milliseconds(20);
  return options;
}

std::vector<std::string> AllConsumers() {
  std::vector<std::string> names;
  for (const Normaliser& normaliser : Normalisers()) names.emplace_back(normaliser.consumer);
  return names;
}

// The parts of one run.
class Ingestion {
 public:
  Ingestion(const Config& config, RecordLog& log, Archive& archive, Store& store)
      : config_(config),
        log_(log),
        store_(store),
        health_(metrics_),
        producer_events_(metrics_, health_),
        consumer_events_(metrics_, health_, AllConsumers()),
        relay_events_(metrics_, health_),
        pool_(log, store, consumer_events_,
              config.brokers.empty() ? std::optional<std::filesystem::path>(config.data_dir) : std::nullopt,
              OneShotConsumers()),
        publisher_(log, archive, producer_events_, SystemClock(), Options(config),
                   [this](const PublishOutcome& outcome) { tally_.Add(outcome); }) {
    health_.Expect("log", LogSubject(config), "not connected yet", Health::Lines::kChanges);
    health_.Expect("store", StoreSubject(config), "not connected yet", Health::Lines::kChanges);
  }

  // Publishes the files, then waits until they are stored and their records are published.
  Result<void> Run(const IngestFlags& flags, const std::vector<InputFile>& files,
                   const std::vector<InputFile>& unreadable) {
    YT_CHECK(publisher_.FinishUnpublished(kFeed));
    // This run also waits for what an earlier, killed run left, but counts its documents only when they are offered
    // again.
    Tally earlier;
    std::swap(tally_, earlier);
    tally_.targets = std::move(earlier.targets);
    for (const InputFile& folder : unreadable) {
      YT_CHECK(
          publisher_.Reject(kFeed, folder.name, "", {RejectReason::kUnreadable, "no permission to enter the folder"}));
    }
    YT_CHECK(Publish(flags, files));
    auto drained = DrainAll();
    if (drained) drained = PublishRecords();
    progress_.Clear();
    return drained;
  }
  const Tally& tally() const { return tally_; }

 private:
  static PublisherOptions Options(const Config& config) {
    PublisherOptions options = PublisherOptionsOf(config.limits);
    options.repeats_rejections = true;
    return options;
  }

  Result<void> Publish(const IngestFlags& flags, const std::vector<InputFile>& files) {
    std::size_t read = 0;
    for (const InputFile& file : files) {
      if (StopRequested(std::chrono::milliseconds(0))) {
        return Fail(ErrorKind::kTryLater, fmt::format("stopped after {} of {} documents", read, files.size()));
      }
      auto bytes = ReadFile(file.path, config_.limits.max_document_bytes);
      if (bytes) {
        YT_CHECK(publisher_.Offer({kFeed, file.name, "", 0, std::move(*bytes), flags.issue}));
      } else if (bytes.error().kind == ErrorKind::kTryLater) {
        return tl::unexpected<Error>(bytes.error());
      } else {
        YT_CHECK(publisher_.Reject(kFeed, file.name, "", RejectionOf(bytes.error(), file.path.string())));
      }
      progress_.Show(fmt::format("reading: {} of {} documents", ++read, files.size()));
      if (static_cast<std::size_t>(tally_.unchanged) + tally_.rejected.size() < read) YT_CHECK(pool_.StartAllFree());
    }
    return publisher_.Finish();
  }

  Result<void> CheckConsumers() {
    YT_CHECK(pool_.StartAllFree());
    if (const auto error = pool_.error()) return tl::unexpected<Error>(*error);
    return {};
  }

  Result<void> DrainAll() {
    DrainOptions options;
    options.limit = config_.drain_timeout;
    options.patience = PatienceOf(config_);
    options.each_round = [this] { return CheckConsumers(); };
    options.progress = [this](std::int64_t missing) {
      progress_.Show(fmt::format("storing: {} messages to go", missing));
    };
    return Drain(log_.Id(), store_.writer(), tally_.targets, options);
  }

  // Brings the record topics up to date, unless another process publishes or another store owns them.
  Result<void> PublishRecords() {
    if (!config_.PublishesRecords()) return {};
    RelayOptions options = RelayOptionsOf(config_);
    options.stop = [] { return StopRequested(std::chrono::milliseconds(0)); };
    Relay relay(log_, store_, relay_events_, options);
    const auto deadline = std::chrono::steady_clock::now() + config_.drain_timeout;
    while (true) {
      YT_ASSIGN(step, UntilAnswered(PatienceOf(config_), [&] { return relay.RunStep(); }));
      if (step == Relay::Step::kIdle || step == Relay::Step::kNotOwner) return {};
      if (step == Relay::Step::kBlocked) return Fail(ErrorKind::kDamaged, *relay.WhyBlocked(), Part::kStore);
      if (step == Relay::Step::kNotHeld) {
        // Another process publishes, or died and holds its lease for a while yet; or none may, where another store owns
        // the topics.
        YT_ASSIGN(owner, UntilAnswered(PatienceOf(config_), [&] { return ReadOwner(log_); }));
        if (owner.owner && owner.owner->store != store_.Id()) {
          relay_events_.NotOwner(NotOwnerMessage(*owner.owner, log_.Id()));
          return {};
        }
        YT_ASSIGN(dirty, UntilAnswered(PatienceOf(config_), [&] { return store_.relay().DirtyIssues(1); }));
        if (dirty.empty()) return {};
      }
      if (step == Relay::Step::kBehind) YT_CHECK(CheckConsumers());
      progress_.Show("publishing records");
      const std::chrono::milliseconds pause(step == Relay::Step::kWorked ? 0 : 10);
      if (StopRequested(pause)) return Fail(ErrorKind::kTryLater, "stopped; the next run publishes what is stored");
      if (std::chrono::steady_clock::now() >= deadline) {
        return Fail(ErrorKind::kTryLater,
                    fmt::format("not published within --drain-timeout ({} s)", config_.drain_timeout.count()));
      }
    }
  }

  const Config& config_;
  RecordLog& log_;
  Store& store_;
  Metrics metrics_;
  Health health_;
  ProducerEvents producer_events_;
  ConsumerEvents consumer_events_;
  RelayEvents relay_events_;
  Progress progress_;
  Tally tally_;
  ConsumerPool pool_;
  Publisher publisher_;
};

Result<int> PublishAndStore(const Config& config, const IngestFlags& flags, const std::vector<InputFile>& files,
                            const std::vector<InputFile>& unreadable, RecordLog& log, Archive& archive, Store& store) {
  const auto begin = std::chrono::steady_clock::now();
  YT_ASSIGN(before, UntilAnswered(PatienceOf(config), [&] { return CountStore(store); }));
  YT_CHECK(ReconcileWithLog(archive, log));
  Ingestion ingestion(config, log, archive, store);
  YT_CHECK(ingestion.Run(flags, files, unreadable));
  const Tally& tally = ingestion.tally();
  YT_ASSIGN(after, UntilAnswered(PatienceOf(config), [&] { return CountStore(store); }));
  YT_ASSIGN(worst, UntilAnswered(PatienceOf(config), [&] { return WorstFindings(store, tally.issues); }));
  PrintSummary(tally, before, after, worst,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return tally.rejected.empty() && after.dead_letters <= before.dead_letters ? 0 : 65;
}

Result<int> Ingest(const CommonFlags& common, const IngestFlags& flags) {
  static const RE2 kLabel(R"(\d{4}-\d\d)");
  if (flags.issue && (!RE2::FullMatch(*flags.issue, kLabel) || flags.issue->ends_with("-00"))) {
    return Fail(ErrorKind::kUsage,
                fmt::format("--issue {}: YYYY-NN, the year and the number of the issue", NameOf(*flags.issue)));
  }
  YT_ASSIGN(config, LoadConfig(common));
  std::vector<InputFile> unreadable;
  YT_ASSIGN(files, ListInputs(flags.paths, config.data_dir, unreadable));
  if (flags.issue && files.size() > 1) {
    return Fail(ErrorKind::kUsage,
                fmt::format("--issue {} would apply to all {} files; give one file", *flags.issue, files.size()));
  }
  if (flags.drain_timeout) config.drain_timeout = std::chrono::seconds(*flags.drain_timeout);
  BlockStopSignals();
  YT_ASSIGN(lease, Lease::Acquire(config.data_dir, "feed.ingest"));
  YT_ASSIGN(store, OpenStore(config, false));
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  YT_ASSIGN(log, OpenLog(config, Lifetime::kOneShot));
  const Result<int> ended = PublishAndStore(config, flags, files, unreadable, *log, *archive, *store);
  // Closing copies each write-ahead log into its file; do it in parallel.
  std::thread closing([&] {
    log.reset();
    archive.reset();
  });
  store.reset();
  closing.join();
  return ended;
}

}  // namespace

void AddIngest(Program& program) {
  auto flags = std::make_shared<IngestFlags>();
  CLI::App* command =
      program.app.add_subcommand("ingest", "publish documents, wait until they are stored, print a summary");
  command->add_option("PATH", flags->paths, "files and folders")->required();
  command->add_option(
      "--issue", flags->issue,
      "the issue's label (YYYY-NN), for one file whose text has none; overrides a printed one, with a finding");
  command->add_option("--drain-timeout", flags->drain_timeout, "seconds to wait for the consumers, then exit 75")
      ->check(CLI::Range(0, 86400));
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby ingest bulletins/ --data-dir data\n"
      "  ytterby ingest 2024-01.txt --data-dir data --brokers 127.0.0.1:9092\n"
      "Running it again adds nothing: unchanged documents stay as they are. A changed file with the same\n"
      "name is a new edition. Exit codes: 0 all documents are in; 65 a document was rejected (the others\n"
      "are in); 66 a path does not exist; 75 another ingest runs on this data folder, or the consumers did\n"
      "not finish in time.");
  program.commands.push_back({command, [common = program.flags, flags] { return Ingest(*common, *flags); }});
}

}  // namespace ytterby::cli
