#include "producers/producer_events.hpp"

#include <spdlog/spdlog.h>

#include "common/shared_metrics.hpp"

namespace ytterby {
namespace {

constexpr const char* kDocuments = "ytterby_documents_total";
constexpr const char* kDocumentsHelp = "Documents seen, by feed and outcome";
constexpr const char* kDocumentBytes = "ytterby_document_bytes_total";
constexpr const char* kSections = "ytterby_sections_appended_total";

}  // namespace

ProducerEvents::ProducerEvents(Metrics& metrics) : metrics_(metrics) {}

void ProducerEvents::DocumentPublished(const std::string& feed, const std::string& name, int sections, std::size_t bytes) {
  metrics_.Count(kDocuments, kDocumentsHelp, {{"feed", feed}, {"outcome", "published"}});
  metrics_.Count(kDocumentBytes, "Bytes of published documents", {{"feed", feed}}, static_cast<double>(bytes));
  // A watched feed says what it took; `ingest`, which may take ten thousand, sums up at its end.
  spdlog::log(feed == "ingest" ? spdlog::level::debug : spdlog::level::info, "{}: published, {} sections", name, sections);
}

void ProducerEvents::DocumentUnchanged(const std::string& feed) {
  metrics_.Count(kDocuments, kDocumentsHelp, {{"feed", feed}, {"outcome", "unchanged"}});
}

void ProducerEvents::DocumentRejected(const std::string& feed, const std::string& name, const Rejection& rejection) {
  metrics_.Count(kDocuments, kDocumentsHelp, {{"feed", feed}, {"outcome", "rejected"}});
  CountError(metrics_, "document", RejectName(rejection.reason));
  spdlog::error("{}: rejected ({}): {}", name, RejectName(rejection.reason), rejection.message);
}

void ProducerEvents::DocumentSetAside(const std::string& feed, const std::string& name, const std::string& reason) {
  metrics_.Count(kDocuments, kDocumentsHelp, {{"feed", feed}, {"outcome", "set-aside"}});
  CountError(metrics_, "append", "permanent");
  spdlog::error("{}: set aside: {}", name, reason);
}

void ProducerEvents::Letters(std::int64_t count, double oldest) { SetWaitingLetters(metrics_, "feed", "publish", count, oldest); }

void ProducerEvents::SectionAppended(Category category, std::size_t bytes) {
  metrics_.Count(kSections, "Sections acknowledged by the log, by category", {{"category", std::string(CategoryId(category))}});
  metrics_.Count("ytterby_section_bytes_total", "Bytes of appended section events", {}, static_cast<double>(bytes));
}

void ProducerEvents::AppendFailed(const std::string& feed, const std::string& message) {
  CountError(metrics_, "append", "retriable");
  spdlog::warn("feed {}: append failed, will be tried again: {}", feed, message);
}

void ProducerEvents::FeedFailed(const std::string& feed, const std::string& message) {
  CountError(metrics_, "feed", "io");
  spdlog::warn("feed {}: {}", feed, message);
}

}  // namespace ytterby
