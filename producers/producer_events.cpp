#include "producers/producer_events.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <spdlog/spdlog.h>

namespace ytterby {
namespace {

constexpr const char* kAllFeeds = "feeds";

double Seconds(Timestamp time) { return static_cast<double>(ToMillis(time)) / 1000; }
double NowSeconds() { return Seconds(SystemClock().Now()); }

}  // namespace

ProducerEvents::ProducerEvents(Metrics& metrics, Health& health)
    : health_(health),
      errors_(metrics),
      letters_(metrics),
      documents_(metrics.Counters("ytterby_documents_total", "Documents seen, by feed and outcome")),
      document_bytes_(metrics.Counters("ytterby_document_bytes_total", "Bytes of published documents, by feed")),
      sections_(
          metrics.Counters("ytterby_sections_appended_total", "Section events acknowledged by the log, by category")),
      section_bytes_(
          Series(metrics.Counters("ytterby_section_bytes_total", "Bytes of acknowledged section events"), {})),
      last_success_(
          metrics.Gauges("ytterby_feed_last_success_timestamp_seconds",
                         "When the feed's last round succeeded, seconds since 1970-01-01 UTC; 0 before the first")),
      newest_document_(metrics.Gauges(
          "ytterby_feed_newest_document_timestamp_seconds",
          "When the feed's newest document was published, seconds since 1970-01-01 UTC; 0 before the first")),
      next_poll_(metrics.Gauges("ytterby_feed_next_poll_timestamp_seconds",
                                "Feeds on the web: no request before this, seconds since 1970-01-01 UTC")),
      failures_(metrics.Gauges("ytterby_feed_failures", "Feeds on the web: requests that failed in a row")) {
  for (const CategoryName& name : Categories())
    Series(sections_, {{"category", std::string(CategoryId(name.category))}});
  letters_.Set("feed", "publish", 0, 0);
}

void ProducerEvents::FeedAdded(const std::string& feed) {
  for (const char* outcome : {"published", "unchanged", "rejected", "set-aside"}) {
    Series(documents_, {{"feed", feed}, {"outcome", outcome}});
  }
  Series(document_bytes_, {{"feed", feed}});
  Series(last_success_, {{"feed", feed}});
  Series(newest_document_, {{"feed", feed}});
  health_.Expect(PartOf(feed), PartOf(feed), "has not been polled yet", Health::Lines::kChanges);
}

void ProducerEvents::FeedRemoved(const std::string& feed) {
  health_.Remove(PartOf(feed));
  for (auto* family : {&last_success_, &newest_document_, &next_poll_, &failures_})
    family->Remove(&Series(*family, {{"feed", feed}}));
}

void ProducerEvents::RoundWorks(const std::string& feed) {
  health_.Up("log", PartOf(feed));
  health_.Up("archive", PartOf(feed));
}

void ProducerEvents::FeedWorks(const std::string& feed) {
  Series(last_success_, {{"feed", feed}}).Set(NowSeconds());
  health_.Up(PartOf(feed), feed);
  RoundWorks(feed);
}

void ProducerEvents::FeedPolled(const std::string& feed, const std::optional<Timestamp>& succeeded, Timestamp next,
                                int failures) {
  Series(last_success_, {{"feed", feed}}).Set(succeeded ? Seconds(*succeeded) : 0);
  Series(next_poll_, {{"feed", feed}}).Set(Seconds(next));
  Series(failures_, {{"feed", feed}}).Set(failures);
}

void ProducerEvents::FeedFailed(const std::string& feed, const Error& error) {
  const bool refused = WaitsForOperator(error.kind);
  if (error.part == Part::kLog) {
    errors_.Count("append", refused ? "refused" : "retriable");
  } else {
    errors_.Count("feed", refused ? "refused" : "io");
  }
  // A missing right blocks this feed; it does not mean that the log is down. A damaged file does.
  if (refused && error.kind != ErrorKind::kDamaged) {
    health_.Down(PartOf(feed), feed, "blocked until this is fixed: " + error.message);
    return;
  }
  switch (error.part) {
    case Part::kLog:
      health_.Down("log", PartOf(feed), error.message);
      return;
    case Part::kArchive:
      health_.Down("archive", PartOf(feed), error.message);
      return;
    case Part::kStore:
    case Part::kNone:
      health_.Down(PartOf(feed), feed, error.message);
      return;
  }
}

void ProducerEvents::FeedsStarted() { health_.Remove(kAllFeeds); }

void ProducerEvents::FeedsNotStarted(const Error& error) {
  errors_.Count("feed", "io");
  health_.Down(kAllFeeds, kAllFeeds, error.message);
}

void ProducerEvents::DocumentPublished(const std::string& feed, const std::string& name, int sections,
                                       std::size_t bytes) {
  Series(documents_, {{"feed", feed}, {"outcome", "published"}}).Increment();
  Series(document_bytes_, {{"feed", feed}}).Increment(static_cast<double>(bytes));
  Series(newest_document_, {{"feed", feed}}).Set(NowSeconds());
  // A watched feed logs each document; `ingest`, which may take ten thousand, prints a summary.
  spdlog::log(feed == "ingest" ? spdlog::level::debug : spdlog::level::info, "{}: published, {} sections", name,
              sections);
}

void ProducerEvents::NewestDocument(const std::string& feed, Timestamp fetched) {
  Series(newest_document_, {{"feed", feed}}).Set(Seconds(fetched));
}

void ProducerEvents::DocumentUnchanged(const std::string& feed) {
  Series(documents_, {{"feed", feed}, {"outcome", "unchanged"}}).Increment();
}

void ProducerEvents::DocumentRejected(const std::string& feed, const std::string& name, const Rejection& rejection) {
  Series(documents_, {{"feed", feed}, {"outcome", "rejected"}}).Increment();
  errors_.Count("document", RejectName(rejection.reason));
  spdlog::error("{}: rejected ({}): {}", name, RejectName(rejection.reason), rejection.message);
}

void ProducerEvents::DocumentSetAside(const std::string& feed, const std::string& name, const Rejection& rejection) {
  Series(documents_, {{"feed", feed}, {"outcome", "set-aside"}}).Increment();
  if (rejection.reason == RejectReason::kBroken) {
    errors_.Count("document", RejectName(rejection.reason));
  } else {
    errors_.Count("append", "permanent");
  }
  spdlog::error("{}: set aside: {}", name, rejection.message);
}

void ProducerEvents::Letters(std::int64_t count, double oldest) { letters_.Set("feed", "publish", count, oldest); }

void ProducerEvents::SectionAppended(Category category, std::size_t bytes) {
  Series(sections_, {{"category", std::string(CategoryId(category))}}).Increment();
  section_bytes_.Increment(static_cast<double>(bytes));
}

void ProducerEvents::AppendFailed(const std::string& feed, const Error& error) {
  spdlog::debug("feed {}: append failed, retrying: {}", feed, error.message);
}

}  // namespace ytterby
