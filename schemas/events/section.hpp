// The Section event: one article of a bulletin, raw, as a producer emits it to bulletin.sections.<category>.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.hpp"
#include "common/log/record_log.hpp"
#include "common/result.hpp"
#include "common/text/lines.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

// One number of a series. The label is opaque outside the producer: `2024-01` for numbered series.
struct IssueId {
  std::string series;
  std::string label;
  auto operator<=>(const IssueId&) const = default;
  std::string Key() const { return series + "/" + label; }
};

// Something a check noticed, before it becomes a record.
struct Notice {
  std::string check;     // stable name: source-missing, cut-off, decode-damage …
  std::string severity;  // info | warning | error
  std::string message;   // plain words
  std::optional<Span> span;
};

struct Section {
  SectionId id;
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  IssueId issue;
  int ordinal = 0;  // position in the issue, from 0
  Category category = Category::kIndustryNews;
  Layout layout;
  Span document_span;  // bytes of the decoded document
  std::vector<Span>
      furniture;      // page headers and the like inside the section; whole lines; offsets into `text`, like all below
  std::string title;  // its lines, joined
  Span title_span;
  Span body_span;
  std::optional<std::string> source;  // the text in （来源：…）
  std::optional<Span> source_span;
  std::vector<Notice> notices;
  std::string text;  // the raw slice
};

// The hash of document digest, decoded-text digest, splitter version, issue and ordinal.
SectionId MakeSectionId(const DocumentDigest& document, const TextDigest& text, int splitter_version,
                        const IssueId& issue, int ordinal);

// The message for the log: CloudEvents 1.0 in Kafka binary mode, JSON value, key <series>/<issue>.
OutgoingRecord EncodeSection(const Section& section, std::string_view source, std::string_view time);
// kBadData names what is wrong with the message.
Result<Section> DecodeSection(const LogRecord& record);

}  // namespace ytterby
