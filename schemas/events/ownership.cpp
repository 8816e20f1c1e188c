#include "schemas/events/ownership.hpp"

#include <fmt/format.h>

#include "common/digest.hpp"
#include "common/text/utf8.hpp"
#include "schemas/events/cloud_event.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {

OutgoingRecord EncodeOwnership(const Ownership& ownership) {
  JsonWriter json;
  json.BeginObject()
      .Field("store", ownership.store)
      .Field("host", ownership.host)
      .Field("at", ownership.at)
      .EndObject();
  const std::string id = Sha256Of({"ownership", ownership.store, ownership.host, ownership.at}).Hex();
  return {std::string(kOwnershipTopic), "record-topics", json.Take(),
          CloudEventHeaders({id, "/stores/" + ownership.store, "ytterby.ownership.v1", ownership.at, "record-topics",
                             "schemas/json/ownership.schema.json"})};
}

Result<Ownership> DecodeOwnership(const LogRecord& record) {
  const auto bad = [&](std::string_view what) {
    return Fail(ErrorKind::kBadData,
                fmt::format("{}/{} offset {}: {}", record.at.topic, record.at.partition, record.offset, what));
  };
  simdjson::dom::element json;
  std::string_view store, host, at;
  if (record.tombstone || ThreadParser().parse(record.value).get(json) != simdjson::SUCCESS ||
      json["store"].get(store) != simdjson::SUCCESS || json["host"].get(host) != simdjson::SUCCESS ||
      json["at"].get(at) != simdjson::SUCCESS) {
    return bad("not an ownership event");
  }
  Ownership ownership{std::string(store), PlainText(host), PlainText(at)};
  if (ownership.store.empty()) return bad("an ownership event without a store");
  ownership.store = PlainText(ownership.store);
  return ownership;
}

}  // namespace ytterby
