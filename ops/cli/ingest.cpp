// ytterby ingest: publish these documents, drain, print a summary, exit.
#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <thread>

#include "ops/cli/context.hpp"
#include "ops/cli/drain.hpp"
#include "ops/cli/findings.hpp"
#include "producers/feeds/files.hpp"

namespace ytterby::cli {
namespace {

constexpr const char* kFeed = "ingest";

struct IngestFlags {
  CommonFlags common;
  std::vector<std::string> paths;
  std::optional<std::string> issue;
  std::optional<int> drain_timeout;
};

struct InputFile {
  std::filesystem::path path;
  std::string name;  // the path below the given folder, or the file's name
};

// Two files of one name would be two revisions of one document, so they are refused; the same path given twice is one file.
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

Result<std::vector<InputFile>> ListInputs(const std::vector<std::string>& paths, std::vector<InputFile>& unreadable) {
  std::vector<InputFile> files;
  for (const std::string& path : paths) {
    std::error_code ec;
    const auto status = std::filesystem::status(path, ec);
    if (!std::filesystem::exists(status)) return Fail(ErrorKind::kNoInput, fmt::format("{}: no such file or folder", path));
    if (std::filesystem::is_directory(status)) {
      const Listing listing = ListFiles(path);
      if (!listing.failed.empty()) return Fail(ErrorKind::kTryLater, listing.failed);
      for (const std::string& name : listing.files) files.push_back({std::filesystem::path(path) / name, NameOf(name)});
      for (const std::string& name : listing.unreadable) unreadable.push_back({std::filesystem::path(path) / name, NameOf(name)});
      for (const std::string& name : listing.links) {
        spdlog::warn("{} is a symbolic link to a folder and is not entered; give its target",
                     NameOf((std::filesystem::path(path) / name).string()));
      }
    } else {
      files.push_back({path, NameOf(std::filesystem::path(path).filename().string())});
    }
  }
  std::set<std::filesystem::path> given;
  std::erase_if(files,
                [&](const InputFile& file) { return !given.insert(std::filesystem::absolute(file.path).lexically_normal()).second; });
  YT_CHECK(CheckNames(files));
  return files;
}

Rejection RejectionOf(const Error& error, const InputFile& file) {
  std::string cause = error.message;
  const std::string prefix = file.path.string() + ": ";
  if (cause.starts_with(prefix)) cause = cause.substr(prefix.size());
  switch (error.kind) {
    case ErrorKind::kNoInput:
      return {RejectReason::kVanished, cause};
    case ErrorKind::kBadData:
      return {RejectReason::kTooLarge, cause};
    default:
      return {RejectReason::kUnreadable, cause};
  }
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
        rejected.emplace_back(outcome.name, fmt::format("{}: {}", RejectName(outcome.rejection->reason), outcome.rejection->message));
    }
  }
};

struct Totals {
  std::int64_t records = 0, findings = 0, dead_letters = 0;
};

Result<Totals> CountStore(Store& store) {
  Totals totals;
  for (const Normaliser& normaliser : Normalisers()) {
    YT_ASSIGN(counts, store.Count(std::string(normaliser.consumer)));
    totals.records += counts.records;
    totals.findings += counts.findings;
    totals.dead_letters += counts.dead_letters;
  }
  return totals;
}

// What the checks hold against this run's issues, infos aside.
Result<std::string> WorstFindings(Store& store, const std::set<std::string>& issues) {
  constexpr std::size_t kShown = 5;
  FindingCounts counts;
  if (!issues.empty()) {
    YT_CHECK(ForEachFinding(store, [&](const IssueId&, const ViewFinding& finding) { counts.Add(finding.severity, finding.check); },
                            {.only = [&](const IssueId& issue) { return issues.contains(issue.label); }, .coverage = false}));
  }
  return counts.Lines("  ", 1, kShown);
}

void PrintSummary(const Tally& tally, const Totals& before, const Totals& after, const std::string& worst, double seconds) {
  fmt::print("documents: {} new, {} unchanged, {} rejected\n", tally.fresh, tally.unchanged, tally.rejected.size());
  for (const auto& [name, reason] : tally.rejected) fmt::print("  rejected {}: {}\n", name, reason);
  std::string issues;
  for (const std::string& issue : tally.issues) {
    if (issues.size() > 100) {
      issues += " …";
      break;
    }
    issues += (issues.empty() ? "" : " ") + issue;
  }
  if (!issues.empty()) fmt::print("issues:    {} ({})\n", tally.issues.size(), issues);
  fmt::print("sections:  {}\n", tally.sections);
  fmt::print("records:   {} new, {} in the store\n", after.records - before.records, after.records);
  fmt::print("findings:  {} new, {} in the store\n", after.findings - before.findings, after.findings);
  fmt::print("{}", worst);
  if (after.dead_letters > 0) fmt::print("dead letters: {}\n", after.dead_letters);
  fmt::print("seconds:   {:.2f}\n", seconds);
}

// Brings the record topics up to date, unless another process publishes.
Result<void> PublishRecords(const Config& config, RecordLog& log, Store& store, Metrics& metrics, OwnConsumers& own, Progress& progress) {
  if (!config.PublishesRecords()) return {};
  ConsumerEvents events(metrics);
  RelayOptions options = RelayOptionsOf(config);
  options.stop = [] { return StopRequested(std::chrono::milliseconds(0)); };
  Relay relay(log, store, events, options);
  const auto deadline = std::chrono::steady_clock::now() + config.drain_timeout;
  while (true) {
    YT_ASSIGN(step, UntilAnswered(config, [&] { return relay.RunStep(); }));
    if (step == Relay::Step::kIdle) return {};
    if (step == Relay::Step::kNotHeld) {
      // Another process publishes, or died and holds its lease for a while yet.
      YT_ASSIGN(dirty, UntilAnswered(config, [&] { return store.DirtyIssues(1); }));
      if (dirty.empty()) return {};
    }
    if (step == Relay::Step::kBehind) YT_CHECK(own.Ensure());
    progress.Show("publishing records");
    const std::chrono::milliseconds pause(step == Relay::Step::kWorked ? 0 : 10);
    if (StopRequested(pause)) return Fail(ErrorKind::kTryLater, "stopped; what is stored will be published by the next run");
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(ErrorKind::kTryLater, fmt::format("not published within --drain-timeout ({} s)", config.drain_timeout.count()));
    }
  }
}

// Publishes the files, waits until they are stored, prints the summary.
Result<int> PublishAndStore(const Config& config, const IngestFlags& flags, const std::vector<InputFile>& files,
                            const std::vector<InputFile>& unreadable, RecordLog& log, Archive& archive, Store& store) {
  const auto begin = std::chrono::steady_clock::now();
  YT_ASSIGN(before, UntilAnswered(config, [&] { return CountStore(store); }));
  Metrics metrics;
  ConsumerPool pool(config, log, store, metrics, OneShotConsumers());
  OwnConsumers own(pool);

  ProducerEvents events(metrics);
  Tally tally;
  Progress progress;
  Publisher publisher(log, archive, events, SystemClock(), PublisherOptionsOf(config),
                      [&](const PublishOutcome& outcome) { tally.Add(outcome); });
  YT_CHECK(publisher.FinishUnpublished(kFeed));
  // What an earlier, killed run left is this run's to wait for; its documents are counted when they are offered again.
  Tally earlier;
  std::swap(tally, earlier);
  tally.targets = std::move(earlier.targets);
  for (const InputFile& folder : unreadable) {
    YT_CHECK(publisher.Reject(kFeed, folder.name, "", {RejectReason::kUnreadable, "the folder may not be entered"}));
  }
  std::size_t read = 0;
  for (const InputFile& file : files) {
    if (StopRequested(std::chrono::milliseconds(0)))
      return Fail(ErrorKind::kTryLater, fmt::format("stopped after {} of {} documents", read, files.size()));
    auto bytes = ReadFile(file.path, config.limits.max_document_bytes);
    if (bytes) {
      YT_CHECK(publisher.Offer({kFeed, file.name, "", 0, std::move(*bytes), flags.issue}));
    } else if (bytes.error().kind == ErrorKind::kTryLater) {
      return tl::unexpected<Error>(bytes.error());
    } else {
      YT_CHECK(publisher.Reject(kFeed, file.name, "", RejectionOf(bytes.error(), file)));
    }
    progress.Show(fmt::format("reading: {} of {} documents", ++read, files.size()));
    if (static_cast<std::size_t>(tally.unchanged) + tally.rejected.size() < read) YT_CHECK(own.Ensure());
  }
  YT_CHECK(publisher.Finish());
  auto drained = Drain(config, log, store, pool, own, tally.targets, progress);
  if (drained) drained = PublishRecords(config, log, store, metrics, own, progress);
  progress.Clear();
  if (!drained) return tl::unexpected<Error>(drained.error());
  YT_ASSIGN(after, UntilAnswered(config, [&] { return CountStore(store); }));
  YT_ASSIGN(worst, UntilAnswered(config, [&] { return WorstFindings(store, tally.issues); }));
  PrintSummary(tally, before, after, worst, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return tally.rejected.empty() && after.dead_letters <= before.dead_letters ? 0 : 65;
}

Result<int> Ingest(const IngestFlags& flags) {
  static const RE2 kLabel(R"(\d{4}-\d\d)");
  if (flags.issue && (!RE2::FullMatch(*flags.issue, kLabel) || flags.issue->ends_with("-00"))) {
    return Fail(ErrorKind::kUsage, fmt::format("--issue {}: YYYY-NN, the year and the number of the issue", NameOf(*flags.issue)));
  }
  std::vector<InputFile> unreadable;
  YT_ASSIGN(files, ListInputs(flags.paths, unreadable));
  if (flags.issue && files.size() > 1) {
    return Fail(ErrorKind::kUsage, fmt::format("--issue {} would be the issue of all {} files; give one file", *flags.issue, files.size()));
  }
  YT_ASSIGN(config, LoadConfig(flags.common));
  if (flags.drain_timeout) config.drain_timeout = std::chrono::seconds(*flags.drain_timeout);
  BlockStopSignals();
  YT_ASSIGN(lease, Lease::Acquire(config.data_dir, "feed.ingest"));
  YT_ASSIGN(store, OpenStore(config, false, Lifetime::kOneShot));
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  YT_ASSIGN(log, OpenLog(config, Lifetime::kOneShot));
  const Result<int> ended = PublishAndStore(config, flags, files, unreadable, *log, *archive, *store);
  // Closing copies the write-ahead logs into their files: side by side.
  std::thread closing([&] {
    log.reset();
    archive.reset();
  });
  store.reset();
  closing.join();
  return ended;
}

}  // namespace

void AddIngest(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<IngestFlags>();
  CLI::App* command = app.add_subcommand("ingest", "publish these documents, wait until they are stored, print a summary");
  command->add_option("PATH", flags->paths, "files and folders")->required();
  command->add_option("--issue", flags->issue,
                      "the issue's label (YYYY-NN), for one file whose text has none; wins over a printed one, with a finding");
  command->add_option("--drain-timeout", flags->drain_timeout, "seconds to wait for the consumers, then 75")->check(CLI::Range(0, 86400));
  AddCommonFlags(*command, flags->common);
  command->footer(
      "Examples:\n"
      "  ytterby ingest bulletins/ --data-dir data\n"
      "  ytterby ingest 2024-01.txt --data-dir data --brokers 127.0.0.1:9092\n"
      "Documents that were ingested before and have not changed are left as they are. A file changed under the same name is a\n"
      "new edition. Exit codes: 0 all taken; 65 a document was rejected (the others are in); 66 a path does not exist;\n"
      "75 another ingest runs on this data folder, or the consumers did not finish in time.");
  commands.push_back({command, [flags] { return Ingest(*flags); }});
}

}  // namespace ytterby::cli
