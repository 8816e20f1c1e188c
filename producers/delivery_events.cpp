#include "producers/delivery_events.hpp"

#include <fmt/format.h>

#include <utility>

namespace ytterby {
namespace {

Section MakeEvent(const Delivery& delivery, const SplitIssue& issue, int ordinal, const Layout& layout,
                  std::string_view text) {
  Section section = MakeSection(issue, ordinal, layout, text);
  section.document = delivery.digest;
  section.text_digest = delivery.text_digest;
  section.splitter_version = delivery.splitter_version;
  section.id = MakeSectionId(section.document, section.text_digest, section.splitter_version, section.issue, ordinal);
  return section;
}

tl::unexpected<Rejection> TooLarge(std::string message) {
  return tl::unexpected<Rejection>(Rejection{RejectReason::kTooLarge, std::move(message)});
}

}  // namespace

tl::expected<DeliveryEvents, Rejection> EncodeDelivery(const Delivery& delivery, const DecodedText& decoded,
                                                       const SplitDocument& split, std::size_t max_event_bytes) {
  DeliveryEvents events;
  Manifest& manifest = events.manifest;
  manifest.document = delivery.digest;
  manifest.text_digest = delivery.text_digest;
  manifest.splitter_version = delivery.splitter_version;
  manifest.feed = delivery.feed;
  manifest.name = delivery.name;
  manifest.revision = delivery.revision;
  manifest.priority = delivery.priority;
  manifest.fetched_at = delivery.fetched_at;
  manifest.text_layer = split.layout.look == Look::kPdfText;
  manifest.encoding = decoded.encoding;
  manifest.notices = decoded.notices;
  manifest.notices.insert(manifest.notices.end(), split.notices.begin(), split.notices.end());
  const std::string source = "/feeds/" + delivery.feed;
  for (const SplitIssue& issue : split.issues) {
    ManifestIssue listed{issue.issue, issue.whole, {}};
    int ordinal = 0;
    for (const SplitSection& part : issue.sections) {
      const Section section = MakeEvent(delivery, issue, ordinal, split.layout, decoded.text);
      OutgoingRecord record = EncodeSection(section, source, delivery.fetched_at);
      if (record.value.size() > max_event_bytes) {
        return TooLarge(fmt::format("section {} of {} makes an event of {} bytes, above max_event_bytes ({})", ordinal,
                                    issue.issue.label, record.value.size(), max_event_bytes));
      }
      events.sections.push_back(std::move(record));
      events.categories.push_back(part.category);
      listed.sections.push_back({section.id, part.category, ordinal++});
    }
    manifest.issues.push_back(std::move(listed));
  }
  manifest.id = MakeManifestId(manifest);
  if (const std::size_t size = EncodeManifest(manifest).value.size(); size > max_event_bytes) {
    return TooLarge(
        fmt::format("the manifest makes an event of {} bytes, above max_event_bytes ({})", size, max_event_bytes));
  }
  return events;
}

}  // namespace ytterby
