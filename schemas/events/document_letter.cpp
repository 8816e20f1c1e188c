#include "schemas/events/document_letter.hpp"

#include "common/json_writer.hpp"
#include "schemas/events/cloud_event.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

OutgoingRecord EncodeDocumentLetter(const DocumentLetter& letter, std::string_view time) {
  JsonWriter json;
  json.BeginObject().Field("document", letter.document.Hex()).Field("feed", letter.feed).Field("name", letter.name);
  json.Field("revision", letter.revision).Field("reason", letter.reason).EndObject();
  const std::string id =
      Sha256Of({"document-letter", letter.document.Raw(), letter.feed, letter.name, std::to_string(letter.revision)})
          .Hex();
  const std::string source = "/feeds/" + letter.feed;
  Headers headers =
      CloudEventHeaders({id, source, kDocumentLetterType, time, letter.name, "schemas/json/dead-letter.schema.json"});
  headers.emplace_back("__connect.errors.topic", kDocumentsTopic);
  headers.emplace_back("__connect.errors.connector.name", "ytterby.feed");
  headers.emplace_back("__connect.errors.stage", "publish");
  headers.emplace_back("__connect.errors.class.name", "ytterby.feed");
  headers.emplace_back("__connect.errors.exception.class.name", "ytterby.publish");
  headers.emplace_back("__connect.errors.exception.message", letter.reason);
  return {DeadLetterTopic(kDocumentsTopic), letter.document.Hex(), json.Take(), std::move(headers)};
}

}  // namespace ytterby
