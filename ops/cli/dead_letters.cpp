// ytterby dead-letters list|show|retry|waive: messages that a consumer could not process, and documents that the log
// refused.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <future>

#include "common/health.hpp"
#include "common/json_writer.hpp"
#include "common/text/utf8.hpp"
#include "consumers/consumer_pool.hpp"
#include "consumers/drain.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/documents/archive.hpp"
#include "producers/documents/decode.hpp"
#include "schemas/events/section.hpp"

namespace ytterby::cli {
namespace {

struct DeadLettersFlags {
  std::vector<std::string> ids;
  std::string topic, consumer, stage, error, reason;
  int older_than = 0;  // seconds
  bool all = false, every_state = false, count = false, json = false, again = false, no_wait = false;
  std::optional<int> drain_timeout;
};

// A letter and its consumer; for a document that was set aside the consumer is "feed".
struct Entry {
  std::string id, consumer;
  DeadLetter letter;
  std::int64_t delivery = 0;
  DocumentDigest document = {};
};

constexpr const char* kFeed = "feed";
constexpr const char* kPublish = "publish";

bool Waits(const DeadLetter& letter) { return letter.state == "open" || letter.state == "retried"; }

using VisitEntry = std::function<Result<void>(Entry)>;

// Visits the letters of the store's consumers, page by page and without their bytes, then those of the archive.
Result<void> ForEachEntry(const Config& config, Store& store, bool every_state, const VisitEntry& visit) {
  for (const Normaliser& normaliser : Normalisers()) {
    LetterQuery query{.consumer = std::string(normaliser.consumer), .every_state = every_state};
    while (true) {
      YT_ASSIGN(letters, store.letters().List(query));
      if (letters.empty()) break;
      query.after = letters.back();
      for (DeadLetter& letter : letters) YT_CHECK(visit({letter.id.Hex(), query.consumer, std::move(letter), 0}));
    }
  }
  auto archive = Archive::OpenReadOnly(config.data_dir);
  if (!archive && archive.error().kind == ErrorKind::kNoInput) return {};
  if (!archive) return tl::unexpected<Error>(archive.error());
  YT_ASSIGN(documents, (*archive)->SetAsides());
  for (const auto& [delivery, state, error, attempts] : documents) {
    Entry entry;
    entry.id =
        Sha256Of({kFeed, delivery.feed, delivery.name, delivery.digest.Hex(), std::to_string(delivery.revision)}).Hex();
    entry.consumer = kFeed;
    entry.delivery = delivery.id;
    entry.document = delivery.digest;
    entry.letter.at.topic = std::string(kDocumentsTopic);
    entry.letter.stage = kPublish;
    entry.letter.key = delivery.feed + "/" + delivery.name;
    entry.letter.error = error;
    entry.letter.state = state;
    entry.letter.attempts = attempts;
    entry.letter.note = delivery.waived.value_or("");
    entry.letter.known_at = ParseRfc3339(delivery.fetched_at).value_or(Timestamp{});
    if (every_state || Waits(entry.letter)) YT_CHECK(visit(std::move(entry)));
  }
  return {};
}

std::int64_t AgeOf(const DeadLetter& letter) {
  const auto age = SystemClock().Now() - letter.known_at;
  return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

std::string AgeText(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

bool Chosen(const DeadLettersFlags& flags, const Entry& entry) {
  return (flags.every_state || Waits(entry.letter)) && (flags.topic.empty() || entry.letter.at.topic == flags.topic) &&
         (flags.consumer.empty() || entry.consumer == flags.consumer) &&
         (flags.stage.empty() || entry.letter.stage == flags.stage) &&
         entry.letter.error.find(flags.error) != std::string::npos && AgeOf(entry.letter) >= flags.older_than;
}

// The entries with these ids, or with ids that start with them; without their bytes.
Result<std::vector<Entry>> Named(const Config& config, Store& store, const std::vector<std::string>& ids) {
  std::vector<std::vector<Entry>> matches(ids.size());
  YT_CHECK(ForEachEntry(config, store, true, [&](const Entry& entry) -> Result<void> {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i].size() >= 4 && entry.id.starts_with(ids[i]) && matches[i].size() < 2) matches[i].push_back(entry);
    }
    return {};
  }));
  std::vector<Entry> named;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (matches[i].empty()) {
      return Fail(ErrorKind::kNoInput,
                  fmt::format("no dead letter {}; `ytterby dead-letters list --every-state` shows them all",
                              PlainText(ids[i])));
    }
    if (matches[i].size() > 1)
      return Fail(ErrorKind::kUsage, fmt::format("{} matches several dead letters; give more of the id", ids[i]));
    named.push_back(std::move(matches[i].front()));
  }
  return named;
}

// The letter with its bytes. A document that was set aside has none here.
Result<DeadLetter> Whole(Store& store, const Entry& entry) {
  if (entry.consumer == kFeed) return entry.letter;
  YT_ASSIGN(letter, store.letters().Find(entry.consumer, entry.letter.id));
  if (!letter) return Fail(ErrorKind::kNoInput, fmt::format("dead letter {} is gone", entry.id));
  return std::move(*letter);
}

void PrintLine(const Entry& entry) {
  const DeadLetter& letter = entry.letter;
  Say("{}  {:8} {:9} {:8} {:>7}  {} attempts  {}/{} offset {}: {}\n", entry.id.substr(0, 12), entry.consumer,
      letter.stage, letter.state, AgeText(AgeOf(letter)), letter.attempts, letter.at.topic, letter.at.partition,
      letter.offset, letter.error);
}

void PrintJson(const Entry& entry) {
  const DeadLetter& letter = entry.letter;
  JsonWriter json;
  json.BeginObject()
      .Field("id", entry.id)
      .Field("consumer", entry.consumer)
      .Field("stage", letter.stage)
      .Field("state", letter.state);
  json.Field("since", FormatRfc3339(letter.known_at))
      .Field("attempts", letter.attempts)
      .Field("topic", letter.at.topic);
  json.Field("partition", letter.at.partition).Field("offset", letter.offset).Field("error", letter.error);
  fmt::print("{}\n", json.Field("note", letter.note).EndObject().text());
}

Result<int> List(const CommonFlags& common, const DeadLettersFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, true));
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<int, std::int64_t>> counts;
  int shown = 0;
  YT_CHECK(ForEachEntry(config, *store, flags.every_state, [&](const Entry& entry) -> Result<void> {
    if (!Chosen(flags, entry)) return {};
    ++shown;
    if (flags.count) {
      auto& [count, oldest] = counts[{entry.consumer, entry.letter.stage, entry.letter.at.topic}];
      ++count;
      oldest = std::max(oldest, AgeOf(entry.letter));
    } else {
      (flags.json ? &PrintJson : &PrintLine)(entry);
    }
    return {};
  }));
  for (const auto& [key, value] : counts) {
    Say("{:8} {:9} {:36} {:>6}  oldest {}\n", std::get<0>(key), std::get<1>(key), std::get<2>(key), value.first,
        AgeText(value.second));
  }
  if (!flags.json) Say("{} dead letters\n", shown);
  return 0;
}

constexpr std::size_t kMost = 4000;  // bytes shown of a text

// Prints the text of the section in a message if it can be decoded, else the message's bytes.
Result<void> PrintSource(const DeadLetter& letter) {
  LogRecord record;
  record.at = letter.at;
  record.key = letter.key;
  record.value = letter.value;
  record.headers = letter.headers;
  const auto section = DecodeSection(record);
  if (section) {
    Say("section   {} of issue {}: {}\n\n", section->ordinal, section->issue.label, section->title);
    Say("{}\n", section->text.substr(0, kMost));
  } else {
    Say("\nthe message ({} bytes):\n{}\n", letter.value.size(),
        PlainText(std::string_view(letter.value).substr(0, kMost)));
  }
  return {};
}

// Prints a document that was set aside, from the archive.
Result<void> PrintDocument(const Config& config, const Entry& entry) {
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  YT_ASSIGN(bytes, archive->files().Read(entry.document));
  const auto text = DecodeDocument(bytes);
  Say("\nthe document ({} bytes):\n{}\n", bytes.size(),
      PlainText(std::string_view(text ? text->text : bytes).substr(0, kMost)));
  return {};
}

Result<int> Show(const CommonFlags& common, const DeadLettersFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(named, Named(config, *store, flags.ids));
  for (const Entry& entry : named) {
    YT_ASSIGN(letter, Whole(*store, entry));
    Say("{}\nconsumer  {}\nstage     {}\nwhy       {}\n", entry.id, entry.consumer, letter.stage, letter.error);
    Say("where     {}/{} offset {}\n", letter.at.topic, letter.at.partition, letter.offset);
    Say("since     {} ({})\n", FormatRfc3339(letter.known_at), AgeText(AgeOf(letter)));
    Say("state     {}, {} attempts{}\n", letter.state, letter.attempts, letter.note.empty() ? "" : ": " + letter.note);
    Say("key       {}\n", PlainText(letter.key));
    for (const auto& [key, value] : letter.headers) Say("header    {}: {}\n", PlainText(key), PlainText(value));
    YT_CHECK(entry.consumer == kFeed ? PrintDocument(config, entry) : PrintSource(letter));
  }
  return 0;
}

// Sends one letter's message again. Returns its new place; nullopt: it was already sent.
Result<std::optional<Appended>> Send(Store& store, RecordLog& log, const Entry& entry, bool again) {
  const std::vector<std::string> from =
      again ? std::vector<std::string>{"open", "retried"} : std::vector<std::string>{"open"};
  YT_ASSIGN(letter, Whole(store, entry));
  // Before sending: a consumer may process the message before this call returns.
  YT_ASSIGN(moved, store.letters().MoveLetter(entry.consumer, letter.id, from, "retried", "", SystemClock().Now()));
  if (!moved) {
    Say("{}  is {} already{}\n", entry.id.substr(0, 12), letter.state,
        letter.state == "retried" ? "; --again sends it again" : "");
    return std::nullopt;
  }
  OutgoingRecord record{letter.at.topic, letter.key, letter.value, letter.headers};
  record.headers.emplace_back(kRetryHeader, entry.id);
  auto appended = std::make_shared<std::promise<Result<Appended>>>();
  auto future = appended->get_future();
  auto sent =
      log.Append(std::move(record), [appended](Result<Appended> result) { appended->set_value(std::move(result)); });
  Result<Appended> result = sent ? future.get() : Result<Appended>(tl::unexpected<Error>(sent.error()));
  if (!result) {
    (void)store.letters().MoveLetter(entry.consumer, letter.id, {"retried"}, "open", "", SystemClock().Now());
    return tl::unexpected<Error>(result.error());
  }
  Say("{}  sent to {}/{}, offset {}\n", entry.id.substr(0, 12), result->at.topic, result->at.partition, result->offset);
  return *result;
}

// Waits until the consumers have processed what was sent, and prints the outcome.
Result<int> PrintOutcome(const Config& config, RecordLog& log, Store& store, const std::vector<Entry>& sent,
                         const DrainTargets& targets) {
  Metrics metrics;
  Health health(metrics);
  health.Expect("log", LogSubject(config), "not connected yet", Health::Lines::kChanges);
  health.Expect("store", StoreSubject(config), "not connected yet", Health::Lines::kChanges);
  std::vector<std::string> names;
  for (const Normaliser& normaliser : Normalisers()) names.emplace_back(normaliser.consumer);
  ConsumerEvents events(metrics, health, names);
  ConsumerOptions consumers;
  consumers.poll_wait = std::chrono::milliseconds(20);
  ConsumerPool pool(log, store, events,
                    config.brokers.empty() ? std::optional<std::filesystem::path>(config.data_dir) : std::nullopt,
                    consumers);
  Progress progress;
  DrainOptions options;
  options.limit = config.drain_timeout;
  options.patience = PatienceOf(config);
  options.each_round = [&]() -> Result<void> {
    YT_CHECK(pool.StartAllFree());
    if (const auto error = pool.error()) return tl::unexpected<Error>(*error);
    return {};
  };
  options.progress = [&](std::int64_t missing) { progress.Show(fmt::format("storing: {} messages to go", missing)); };
  const auto drained = Drain(log.Id(), store.writer(), targets, options);
  progress.Clear();
  YT_CHECK(drained);
  int open = 0;
  for (const Entry& entry : sent) {
    YT_ASSIGN(now, store.letters().Find(entry.consumer, entry.letter.id));
    if (!now) continue;
    open += now->state != "closed";
    Say("{}  {}, {} attempts{}\n", entry.id.substr(0, 12), now->state, now->attempts,
        now->state == "closed" ? "" : ": " + now->error);
  }
  Say("{} went through, {} failed again\n", static_cast<int>(sent.size()) - open, open);
  return open == 0 ? 0 : 65;
}

Result<int> Retry(const CommonFlags& common, const DeadLettersFlags& flags) {
  if (flags.all != flags.ids.empty()) return Fail(ErrorKind::kUsage, "give either ids or --all; filters need --all");
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, false));
  std::vector<Entry> entries;
  if (flags.all) {
    YT_CHECK(ForEachEntry(config, *store, false, [&](Entry entry) -> Result<void> {
      if (Chosen(flags, entry)) entries.push_back(std::move(entry));
      return {};
    }));
  } else {
    YT_ASSIGN(named, Named(config, *store, flags.ids));
    entries = std::move(named);
  }
  if (flags.drain_timeout) config.drain_timeout = std::chrono::seconds(*flags.drain_timeout);
  BlockStopSignals();
  std::unique_ptr<RecordLog> log;
  std::vector<Entry> sent;
  int documents = 0;
  DrainTargets targets;
  for (const Entry& entry : entries) {
    if (entry.consumer == kFeed) {
      YT_ASSIGN(archive, Archive::Open(config.data_dir));
      YT_ASSIGN(again, archive->SendAgain(entry.delivery));
      documents += again ? 1 : 0;
      Say("{}  {} {}\n", entry.id.substr(0, 12), entry.letter.key,
          again || entry.letter.state == "retried"
              ? "its feed publishes it again within a second, or when the feed starts"
              : "is closed already");
      continue;
    }
    if (!log) {
      YT_ASSIGN(opened, OpenLog(config, Lifetime::kOneShot));
      log = std::move(opened);
    }
    YT_ASSIGN(where, Send(*store, *log, entry, flags.again));
    if (!where) continue;
    sent.push_back(entry);
    Offset& target = targets[where->at];
    target = std::max(target, where->offset);
  }
  if (documents > 0) Say("{} documents handed to their feeds again\n", documents);
  if (documents == 0 || !sent.empty()) Say("{} messages sent again\n", sent.size());
  if (flags.no_wait || sent.empty()) return 0;
  return PrintOutcome(config, *log, *store, sent, targets);
}

Result<bool> WaiveOne(const Config& config, Store& store, const Entry& entry, const std::string& reason) {
  if (entry.consumer != kFeed)
    return store.letters().MoveLetter(entry.consumer, entry.letter.id, {"open", "retried"}, "waived", reason,
                                      SystemClock().Now());
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  return archive->WaiveSetAside(entry.delivery, reason);
}

Result<int> Waive(const CommonFlags& common, const DeadLettersFlags& flags) {
  if (flags.reason.empty()) return Fail(ErrorKind::kUsage, "--reason tells later readers why; it must not be empty");
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, false));
  YT_ASSIGN(named, Named(config, *store, flags.ids));
  for (const Entry& entry : named) {
    YT_ASSIGN(moved, WaiveOne(config, *store, entry, flags.reason));
    Say("{}  {}\n", entry.id.substr(0, 12), moved ? "waived" : "is " + entry.letter.state + " already");
  }
  return 0;
}

std::vector<std::string> KnownTopics() {
  std::vector<std::string> topics = AllTopics();
  std::sort(topics.begin(), topics.end());
  return topics;
}

void AddFilters(CLI::App& command, DeadLettersFlags& flags) {
  command.add_option("--topic", flags.topic, "only those of this topic")->check(CLI::IsMember(KnownTopics()));
  command.add_option("--consumer", flags.consumer, "only those of this consumer")
      ->check(CLI::IsMember({"prices", "patents", "policies", "articles", kFeed}));
  command.add_option("--stage", flags.stage, "only those of this stage")
      ->check(CLI::IsMember({"decode", "normalise", "store", kPublish}));
  command.add_option("--error", flags.error, "only those whose error contains this text");
  command.add_option("--older-than", flags.older_than, "only those known for at least this many seconds")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void AddDeadLetters(Program& program) {
  auto flags = std::make_shared<DeadLettersFlags>();
  CLI::App* letters = program.app.add_subcommand(
      "dead-letters", "list, show, retry or waive messages and documents that could not be processed");
  letters->require_subcommand(1);
  CLI::App* list = letters->add_subcommand("list", "list those that wait for a person, one per line");
  CLI::App* show = letters->add_subcommand("show", "show one with its source text and its error");
  CLI::App* retry = letters->add_subcommand("retry", "send them again; their consumers process them as usual");
  CLI::App* waive = letters->add_subcommand(
      "waive",
      "give up on a letter and record the reason; its section counts as stored and empty, its document as seen");
  for (CLI::App* command : {letters, list, show, retry, waive}) AddCommonFlags(*command, *program.flags);
  AddFilters(*list, *flags);
  list->add_flag("--every-state", flags->every_state, "also closed and waived ones");
  list->add_flag("--count", flags->count, "only count them by consumer, stage and topic, with the age of the oldest");
  list->add_flag("--json", flags->json, "one JSON object per line");
  AddFilters(*retry, *flags);
  retry->add_flag("--all", flags->all, "all that wait and match the filters");
  retry->add_flag("--again", flags->again, "also those that were sent again and whose outcome is not known yet");
  retry->add_flag(
      "--no-wait", flags->no_wait,
      "exit once they are sent; by default wait until their consumers have processed them (65: one failed again)");
  retry->add_option("--drain-timeout", flags->drain_timeout, "seconds to wait for the consumers, then exit 75")
      ->check(CLI::Range(0, 86400));
  waive->add_option("--reason", flags->reason, "the reason, for later readers")->required();
  show->add_option("ID", flags->ids, "ids, or their first characters (4 or more)")->required();
  retry->add_option("ID", flags->ids, "ids, or their first characters (4 or more)");
  waive->add_option("ID", flags->ids, "ids, or their first characters (4 or more)")->required();
  for (CLI::App* command : {letters, list, show, retry, waive}) {
    command->footer(
        "Examples:\n"
        "  ytterby dead-letters list --stage normalise --data-dir data\n"
        "  ytterby dead-letters show 3f2a91c04b7d --data-dir data\n"
        "  ytterby dead-letters retry --all --data-dir data\n"
        "  ytterby dead-letters waive 3f2a91c04b7d --reason 'broken test message' --data-dir data\n"
        "A retry appends the original bytes and waits for the outcome. It runs the consumers that no other\n"
        "process runs; those that have already stored the message ignore it. Until a letter is closed or\n"
        "waived, the issue's earlier edition stays in force, and `status` lists the edition that waits.");
  }
  const auto add = [&](CLI::App* command, Result<int> (*action)(const CommonFlags&, const DeadLettersFlags&)) {
    program.commands.push_back({command, [common = program.flags, flags, action] { return action(*common, *flags); }});
  };
  add(list, &List);
  add(show, &Show);
  add(retry, &Retry);
  add(waive, &Waive);
}

}  // namespace ytterby::cli
