#include "schemas/events/section.hpp"

#include <fmt/format.h>

#include "schemas/events/cloud_event.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {

SectionId MakeSectionId(const DocumentDigest& document, const TextDigest& text, int splitter_version,
                        const IssueId& issue, int ordinal) {
  return {Sha256Of({"section", document.Raw(), text.Raw(), std::to_string(splitter_version), issue.series, issue.label,
                    std::to_string(ordinal)})};
}

OutgoingRecord EncodeSection(const Section& section, std::string_view source, std::string_view time) {
  JsonWriter json;
  json.Reserve(section.text.size() + section.text.size() / 16 + 1024);
  json.BeginObject();
  json.Field("document", section.document.Hex()).Field("text_digest", section.text_digest.Hex());
  json.Field("splitter_version", section.splitter_version);
  json.Field("series", section.issue.series).Field("issue", section.issue.label);
  json.Field("ordinal", section.ordinal).Field("category", CategoryId(section.category));
  json.Key("layout").BeginObject().Field("look", LookName(section.layout.look));
  json.Key("hard_wrapped").Bool(section.layout.hard_wrapped).Key("trailing_marks").Bool(section.layout.trailing_marks);
  json.Field("wrap_width", section.layout.wrap_width).EndObject();
  json.Key("document_span");
  WriteSpan(json, section.document_span);
  json.Key("furniture").BeginArray();
  for (Span span : section.furniture) WriteSpan(json, span);
  json.EndArray();
  json.Field("title", section.title).Key("title_span");
  WriteSpan(json, section.title_span);
  json.Key("body_span");
  WriteSpan(json, section.body_span);
  json.Field("source", section.source);
  if (section.source_span) {
    json.Key("source_span");
    WriteSpan(json, *section.source_span);
  }
  json.Key("notices");
  WriteNotices(json, section.notices);
  json.Field("text", section.text).EndObject();

  const std::string id = section.id.Hex();
  const std::string subject = section.issue.Key();
  return {SectionTopic(section.category), subject, json.Take(),
          CloudEventHeaders({id, source, kSectionType, time, subject, "schemas/json/section.schema.json"})};
}

namespace {

// The first span that is not inside the text, or that begins or ends within a character. Readers rely on all of them.
std::optional<std::pair<const char*, Span>> WrongSpan(const Section& section) {
  const std::string& text = section.text;
  const auto is_place = [&](std::size_t at) {
    return at == text.size() || (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80);
  };
  const auto is_right = [&](Span span) { return span.begin <= span.end && is_place(span.begin) && is_place(span.end); };
  if (!is_right(section.title_span)) return std::pair{"title_span", section.title_span};
  if (!is_right(section.body_span)) return std::pair{"body_span", section.body_span};
  if (section.source_span && !is_right(*section.source_span)) return std::pair{"source_span", *section.source_span};
  for (const Span span : section.furniture) {
    if (!is_right(span)) return std::pair{"furniture", span};
  }
  for (const Notice& notice : section.notices) {
    if (notice.span && !is_right(*notice.span)) return std::pair{"notice", *notice.span};
  }
  if (section.document_span.begin > section.document_span.end) return std::pair{"document_span", section.document_span};
  return std::nullopt;
}

}  // namespace

Result<Section> DecodeSection(const LogRecord& record) try {
  const std::string* id = FindHeader(record.headers, "ce_id");
  const auto section_id = id ? Digest::FromHex(*id) : std::nullopt;
  if (!section_id) return Fail(ErrorKind::kBadData, "section event without a valid ce_id");
  const simdjson::dom::element json = ThreadParser().parse(record.value);
  Section section;
  section.id = {*section_id};
  const auto document = Digest::FromHex(ReadString(json, "document"));
  const auto text_digest = Digest::FromHex(ReadString(json, "text_digest"));
  const auto category = CategoryFromId(ReadString(json, "category"));
  if (!document || !text_digest || !category) {
    return Fail(ErrorKind::kBadData, fmt::format("section {}: bad document, text_digest or category", *id));
  }
  section.document = {*document};
  section.text_digest = {*text_digest};
  section.category = *category;
  section.splitter_version = ReadInt(json["splitter_version"]);
  section.issue = {ReadString(json, "series"), ReadString(json, "issue")};
  section.ordinal = ReadInt(json["ordinal"]);
  const simdjson::dom::element layout = json["layout"];
  const std::string look = ReadString(layout, "look");
  for (Look known : {Look::kPdfText, Look::kOcrMarkup, Look::kOcrPlain}) {
    if (look == LookName(known)) section.layout.look = known;
  }
  section.layout.hard_wrapped = bool(layout["hard_wrapped"]);
  section.layout.trailing_marks = bool(layout["trailing_marks"]);
  section.layout.wrap_width = ReadOffset(layout["wrap_width"]);
  section.document_span = ReadSpan(json["document_span"]);
  for (simdjson::dom::element span : simdjson::dom::array(json["furniture"]))
    section.furniture.push_back(ReadSpan(span));
  section.title = ReadString(json, "title");
  section.title_span = ReadSpan(json["title_span"]);
  section.body_span = ReadSpan(json["body_span"]);
  simdjson::dom::element optional;
  if (json["source"].get(optional) == simdjson::SUCCESS && !optional.is_null()) {
    section.source = std::string(std::string_view(optional));
  }
  if (json["source_span"].get(optional) == simdjson::SUCCESS) section.source_span = ReadSpan(optional);
  section.notices = ReadNotices(json["notices"]);
  section.text = ReadString(json, "text");
  if (const auto wrong = WrongSpan(section)) {
    return Fail(ErrorKind::kBadData, fmt::format("section {}: {} [{}, {}) is outside its text or cuts a character", *id,
                                                 wrong->first, wrong->second.begin, wrong->second.end));
  }
  if (MakeSectionId(section.document, section.text_digest, section.splitter_version, section.issue, section.ordinal) !=
      section.id) {
    return Fail(ErrorKind::kBadData, fmt::format("section {}: the id does not follow from the content", *id));
  }
  return section;
} catch (const simdjson::simdjson_error& error) {
  return Fail(ErrorKind::kBadData, fmt::format("section event: {}", error.what()));
}

}  // namespace ytterby
