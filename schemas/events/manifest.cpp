#include "schemas/events/manifest.hpp"

#include <fmt/format.h>

#include "schemas/events/cloud_event.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {

ManifestId MakeManifestId(const Manifest& m) {
  return {Sha256Of({"manifest", m.document.Raw(), m.text_digest.Raw(), std::to_string(m.splitter_version), m.feed,
                    m.name, std::to_string(m.revision), std::to_string(m.priority)})};
}

OutgoingRecord EncodeManifest(const Manifest& m) {
  JsonWriter json;
  json.BeginObject();
  json.Field("document", m.document.Hex()).Field("text_digest", m.text_digest.Hex());
  json.Field("splitter_version", m.splitter_version).Field("feed", m.feed).Field("name", m.name);
  json.Field("revision", m.revision).Field("priority", m.priority).Field("fetched_at", m.fetched_at);
  json.Key("text_layer").Bool(m.text_layer).Field("encoding", m.encoding);
  json.Key("issues").BeginArray();
  for (const ManifestIssue& issue : m.issues) {
    json.BeginObject()
        .Field("series", issue.issue.series)
        .Field("issue", issue.issue.label)
        .Key("whole")
        .Bool(issue.whole);
    json.Key("sections").BeginArray();
    for (const ManifestSection& section : issue.sections) {
      json.BeginObject().Field("id", section.id.Hex()).Field("category", CategoryId(section.category));
      json.Field("ordinal", section.ordinal).EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().Key("notices");
  WriteNotices(json, m.notices);
  json.EndObject();
  const std::string id = m.id.Hex(), source = "/feeds/" + m.feed;
  return {std::string(kDocumentsTopic), m.document.Hex(), json.Take(),
          CloudEventHeaders({id, source, kManifestType, m.fetched_at, m.name, "schemas/json/document.schema.json"})};
}

Result<Manifest> DecodeManifest(const LogRecord& record) try {
  const simdjson::dom::element json = ThreadParser().parse(record.value);
  Manifest m;
  const auto document = Digest::FromHex(ReadString(json, "document"));
  const auto text_digest = Digest::FromHex(ReadString(json, "text_digest"));
  if (!document || !text_digest) return Fail(ErrorKind::kBadData, "document event: bad document or text_digest");
  m.document = {*document};
  m.text_digest = {*text_digest};
  m.splitter_version = ReadInt(json["splitter_version"]);
  m.feed = ReadString(json, "feed");
  m.name = ReadString(json, "name");
  m.revision = ReadInt(json["revision"]);
  m.priority = ReadInt(json["priority"]);
  m.fetched_at = ReadString(json, "fetched_at");
  m.text_layer = bool(json["text_layer"]);
  m.encoding = ReadString(json, "encoding");
  for (simdjson::dom::element item : simdjson::dom::array(json["issues"])) {
    ManifestIssue issue{{ReadString(item, "series"), ReadString(item, "issue")}, bool(item["whole"]), {}};
    for (simdjson::dom::element part : simdjson::dom::array(item["sections"])) {
      const auto id = Digest::FromHex(ReadString(part, "id"));
      const auto category = CategoryFromId(ReadString(part, "category"));
      if (!id || !category) return Fail(ErrorKind::kBadData, "document event: bad section id or category");
      issue.sections.push_back({{*id}, *category, ReadInt(part["ordinal"])});
    }
    issue.listed = static_cast<int>(issue.sections.size());
    m.issues.push_back(std::move(issue));
  }
  m.notices = ReadNotices(json["notices"]);
  m.id = MakeManifestId(m);
  const std::string* id = FindHeader(record.headers, "ce_id");
  if (!id || *id != m.id.Hex())
    return Fail(ErrorKind::kBadData, "document event: the ce_id does not follow from the content");
  return m;
} catch (const simdjson::simdjson_error& error) {
  return Fail(ErrorKind::kBadData, fmt::format("document event: {}", error.what()));
}

}  // namespace ytterby
