// ytterby dead-letters list|show|retry|waive: messages that a consumer could not process, and documents that the log would not take.
#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "common/text/utf8.hpp"
#include "consumers/consumer.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/drain.hpp"
#include "producers/documents/archive.hpp"
#include "producers/documents/decode.hpp"
#include "schemas/events/section.hpp"

namespace ytterby::cli {
namespace {

struct DeadLettersFlags {
  CommonFlags common;
  std::vector<std::string> ids;
  std::string topic, consumer, stage, error, reason;
  int older_than = 0;  // seconds
  bool all = false, every_state = false, count = false, again = false, no_wait = false;
  std::optional<int> drain_timeout;
};

// A letter with the consumer whose it is; for a document set aside the consumer is "feed".
struct Entry {
  std::string id, consumer;
  DeadLetter letter;
  std::int64_t delivery = 0;
  DocumentDigest document = {};
};

constexpr const char* kFeed = "feed";
constexpr const char* kPublish = "publish";

bool Waits(const DeadLetter& letter) { return letter.state == "open" || letter.state == "retried"; }

// Of the store's consumers, then of the archive.
Result<std::vector<Entry>> ReadEntries(const Config& config, Store& store) {
  std::vector<Entry> entries;
  for (const Normaliser& normaliser : Normalisers()) {
    YT_ASSIGN(letters, store.DeadLetters(std::string(normaliser.consumer)));
    for (DeadLetter& letter : letters) {
      entries.push_back({letter.id.Hex(), std::string(normaliser.consumer), std::move(letter), 0});
    }
  }
  auto archive = Archive::OpenReadOnly(config.data_dir);
  if (!archive && archive.error().kind == ErrorKind::kNoInput) return entries;
  if (!archive) return tl::unexpected<Error>(archive.error());
  YT_ASSIGN(documents, (*archive)->SetAsides());
  for (const auto& [delivery, state, error, attempts] : documents) {
    Entry entry;
    entry.id = Sha256Of({kFeed, delivery.feed, delivery.name, delivery.digest.Hex(), std::to_string(delivery.revision)}).Hex();
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
    entries.push_back(std::move(entry));
  }
  return entries;
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
         (flags.consumer.empty() || entry.consumer == flags.consumer) && (flags.stage.empty() || entry.letter.stage == flags.stage) &&
         entry.letter.error.find(flags.error) != std::string::npos && AgeOf(entry.letter) >= flags.older_than;
}

// The entries that the ids, or their first characters, name.
Result<std::vector<Entry>> Named(const std::vector<Entry>& entries, const std::vector<std::string>& ids) {
  std::vector<Entry> named;
  for (const std::string& id : ids) {
    std::vector<const Entry*> matches;
    for (const Entry& entry : entries) {
      if (id.size() >= 4 && entry.id.starts_with(id)) matches.push_back(&entry);
    }
    if (matches.empty()) {
      return Fail(ErrorKind::kNoInput,
                  fmt::format("no dead letter {}; `ytterby dead-letters list --every-state` shows them all", PlainText(id)));
    }
    if (matches.size() > 1)
      return Fail(ErrorKind::kUsage, fmt::format("{} names {} dead letters; give more of the id", id, matches.size()));
    named.push_back(*matches.front());
  }
  return named;
}

Result<int> List(const DeadLettersFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, true, Lifetime::kOneShot));
  YT_ASSIGN(entries, ReadEntries(config, *store));
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<int, std::int64_t>> counts;
  int shown = 0;
  for (const Entry& entry : entries) {
    if (!Chosen(flags, entry)) continue;
    ++shown;
    const DeadLetter& letter = entry.letter;
    if (flags.count) {
      auto& [count, oldest] = counts[{entry.consumer, letter.stage, letter.at.topic}];
      ++count;
      oldest = std::max(oldest, AgeOf(letter));
      continue;
    }
    fmt::print("{}  {:8} {:9} {:8} {:>7}  {} tried  {}/{} offset {}: {}\n", entry.id.substr(0, 12), entry.consumer, letter.stage,
               letter.state, AgeText(AgeOf(letter)), letter.attempts, letter.at.topic, letter.at.partition, letter.offset, letter.error);
  }
  for (const auto& [key, value] : counts) {
    fmt::print("{:8} {:9} {:36} {:>6}  oldest {}\n", std::get<0>(key), std::get<1>(key), std::get<2>(key), value.first,
               AgeText(value.second));
  }
  fmt::print("{} dead letters\n", shown);
  return 0;
}

constexpr std::size_t kMost = 4000;  // bytes shown of a text

// The text of the section in a message, where it can be read; else the message's bytes.
Result<void> PrintSource(const DeadLetter& letter) {
  LogRecord record;
  record.at = letter.at;
  record.key = letter.key;
  record.value = letter.value;
  record.headers = letter.headers;
  const auto section = DecodeSection(record);
  if (section) {
    fmt::print("section   {} of issue {}: {}\n\n", section->ordinal, section->issue.label, section->title);
    fmt::print("{}\n", section->text.substr(0, kMost));
  } else {
    fmt::print("\nthe message as it is ({} bytes):\n{}\n", letter.value.size(), PlainText(std::string_view(letter.value).substr(0, kMost)));
  }
  return {};
}

// What a document set aside says, as it is in the archive.
Result<void> PrintDocument(const Config& config, const Entry& entry) {
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  YT_ASSIGN(bytes, archive->ReadBytes(entry.document));
  const auto text = DecodeDocument(bytes);
  fmt::print("\nthe document ({} bytes):\n{}\n", bytes.size(), PlainText(std::string_view(text ? text->text : bytes).substr(0, kMost)));
  return {};
}

Result<int> Show(const DeadLettersFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, true, Lifetime::kOneShot));
  YT_ASSIGN(entries, ReadEntries(config, *store));
  YT_ASSIGN(named, Named(entries, flags.ids));
  for (const Entry& entry : named) {
    const DeadLetter& letter = entry.letter;
    fmt::print("{}\nconsumer  {}\nstage     {}\nwhy       {}\n", entry.id, entry.consumer, letter.stage, letter.error);
    fmt::print("where     {}/{} offset {}\n", letter.at.topic, letter.at.partition, letter.offset);
    fmt::print("since     {} ({})\n", FormatRfc3339(letter.known_at), AgeText(AgeOf(letter)));
    fmt::print("state     {}, tried {} times{}\n", letter.state, letter.attempts, letter.note.empty() ? "" : ": " + letter.note);
    fmt::print("key       {}\n", PlainText(letter.key));
    for (const auto& [key, value] : letter.headers) fmt::print("header    {}: {}\n", PlainText(key), PlainText(value));
    YT_CHECK(entry.consumer == kFeed ? PrintDocument(config, entry) : PrintSource(letter));
  }
  return 0;
}

// Sends one letter's message again. Where it lies now; nullopt: it was sent before.
Result<std::optional<Appended>> Send(Store& store, RecordLog& log, const Entry& entry, bool again) {
  const DeadLetter& letter = entry.letter;
  const std::vector<std::string> from = again ? std::vector<std::string>{"open", "retried"} : std::vector<std::string>{"open"};
  // Before it is sent: whoever processes it may be faster than we are.
  YT_ASSIGN(moved, store.MoveLetter(entry.consumer, letter.id, from, "retried", ""));
  if (!moved) {
    fmt::print("{}  is {} already{}\n", entry.id.substr(0, 12), letter.state,
               letter.state == "retried" ? "; --again sends it once more" : "");
    return std::nullopt;
  }
  OutgoingRecord record{letter.at.topic, letter.key, letter.value, letter.headers};
  record.headers.emplace_back(kRetryHeader, entry.id);
  auto appended = std::make_shared<std::promise<Result<Appended>>>();
  auto future = appended->get_future();
  auto sent = log.Append(std::move(record), [appended](Result<Appended> result) { appended->set_value(std::move(result)); });
  Result<Appended> result = sent ? future.get() : Result<Appended>(tl::unexpected<Error>(sent.error()));
  if (!result) {
    (void)store.MoveLetter(entry.consumer, letter.id, {"retried"}, "open", "");
    return tl::unexpected<Error>(result.error());
  }
  fmt::print("{}  sent to {}/{}, offset {}\n", entry.id.substr(0, 12), result->at.topic, result->at.partition, result->offset);
  return *result;
}

// Waits until the consumers have met what was sent, and says what became of it.
Result<int> TellOutcome(const Config& config, RecordLog& log, Store& store, const std::vector<Entry>& sent, const DrainTargets& targets) {
  Metrics metrics;
  ConsumerPool pool(config, log, store, metrics, OneShotConsumers());
  OwnConsumers own(pool);
  Progress progress;
  auto drained = Drain(config, log, store, pool, own, targets, progress);
  progress.Clear();
  YT_CHECK(drained);
  YT_ASSIGN(entries, ReadEntries(config, store));
  int open = 0;
  for (const Entry& entry : sent) {
    const auto now = std::find_if(entries.begin(), entries.end(), [&](const Entry& other) { return other.id == entry.id; });
    if (now == entries.end()) continue;
    open += now->letter.state != "closed";
    fmt::print("{}  {}, tried {} times{}\n", entry.id.substr(0, 12), now->letter.state, now->letter.attempts,
               now->letter.state == "closed" ? "" : ": " + now->letter.error);
  }
  fmt::print("{} went through, {} failed again\n", static_cast<int>(sent.size()) - open, open);
  return open == 0 ? 0 : 65;
}

Result<int> Retry(const DeadLettersFlags& flags) {
  if (flags.all != flags.ids.empty()) return Fail(ErrorKind::kUsage, "give ids, or --all with or without filters");
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, false, Lifetime::kOneShot));
  YT_ASSIGN(entries, ReadEntries(config, *store));
  if (flags.all) {
    std::erase_if(entries, [&](const Entry& entry) { return !Chosen(flags, entry); });
  } else {
    YT_ASSIGN(named, Named(entries, flags.ids));
    entries = std::move(named);
  }
  if (flags.drain_timeout) config.drain_timeout = std::chrono::seconds(*flags.drain_timeout);
  BlockStopSignals();
  std::unique_ptr<RecordLog> log;
  std::vector<Entry> sent;
  DrainTargets targets;
  for (const Entry& entry : entries) {
    if (entry.consumer == kFeed) {
      YT_ASSIGN(archive, Archive::Open(config.data_dir));
      YT_ASSIGN(again, archive->SendAgain(entry.delivery));
      fmt::print("{}  {} {}\n", entry.id.substr(0, 12), entry.letter.key,
                 again || entry.letter.state == "retried" ? "is published again by its feed within a second, or when that starts"
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
  fmt::print("{} messages sent again\n", sent.size());
  if (flags.no_wait || sent.empty()) return 0;
  return TellOutcome(config, *log, *store, sent, targets);
}

Result<bool> WaiveOne(const Config& config, Store& store, const Entry& entry, const std::string& reason) {
  if (entry.consumer != kFeed) return store.MoveLetter(entry.consumer, entry.letter.id, {"open", "retried"}, "waived", reason);
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  return archive->WaiveSetAside(entry.delivery, reason);
}

Result<int> Waive(const DeadLettersFlags& flags) {
  if (flags.reason.empty()) return Fail(ErrorKind::kUsage, "--reason says to later readers why; it may not be empty");
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, false, Lifetime::kOneShot));
  YT_ASSIGN(entries, ReadEntries(config, *store));
  YT_ASSIGN(named, Named(entries, flags.ids));
  for (const Entry& entry : named) {
    YT_ASSIGN(moved, WaiveOne(config, *store, entry, flags.reason));
    fmt::print("{}  {}\n", entry.id.substr(0, 12), moved ? "waived" : "is " + entry.letter.state + " already");
  }
  return 0;
}

void AddFilters(CLI::App& command, DeadLettersFlags& flags) {
  command.add_option("--topic", flags.topic, "only of this topic");
  command.add_option("--consumer", flags.consumer, "only of this consumer: prices, patents, policies, articles, feed");
  command.add_option("--stage", flags.stage, "only of this stage: decode, normalise, store, publish");
  command.add_option("--error", flags.error, "only where what went wrong has these words");
  command.add_option("--older-than", flags.older_than, "only those known for so many seconds")->check(CLI::NonNegativeNumber);
}

}  // namespace

void AddDeadLetters(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<DeadLettersFlags>();
  CLI::App* letters = app.add_subcommand("dead-letters", "messages and documents that could not be processed: look, send again, waive");
  letters->require_subcommand(1);
  CLI::App* list = letters->add_subcommand("list", "those that wait for someone, a line each");
  CLI::App* show = letters->add_subcommand("show", "one with its source text and what went wrong");
  CLI::App* retry = letters->add_subcommand("retry", "send them back through the ordinary way");
  CLI::App* waive =
      letters->add_subcommand("waive", "give a letter up, with a reason; its section counts as stored and empty, its document as seen");
  for (CLI::App* command : {list, show, retry, waive}) AddCommonFlags(*command, flags->common);
  AddFilters(*list, *flags);
  list->add_flag("--every-state", flags->every_state, "closed and waived ones too");
  list->add_flag("--count", flags->count, "only how many, by consumer, stage and topic, and the oldest's age");
  AddFilters(*retry, *flags);
  retry->add_flag("--all", flags->all, "all that wait, by the filters");
  retry->add_flag("--again", flags->again, "also those that were sent again and are not answered yet");
  retry->add_flag("--no-wait", flags->no_wait,
                  "end when they are sent; without it, wait until their consumers met them (65: one failed again)");
  retry->add_option("--drain-timeout", flags->drain_timeout, "seconds to wait for the consumers, then 75")->check(CLI::Range(0, 86400));
  waive->add_option("--reason", flags->reason, "why, for later readers")->required();
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
        "A retry appends the original bytes and waits for the outcome, running the consumers where no other process does; those that\n"
        "stored the message before take no notice. Until a letter is closed or "
        "waived\n"
        "the issue's earlier edition stays in force, and `status` says what is waited for.");
  }
  commands.push_back({list, [flags] { return List(*flags); }});
  commands.push_back({show, [flags] { return Show(*flags); }});
  commands.push_back({retry, [flags] { return Retry(*flags); }});
  commands.push_back({waive, [flags] { return Waive(*flags); }});
}

}  // namespace ytterby::cli
