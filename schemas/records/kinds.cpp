#include "schemas/records/kinds.hpp"

#include <fmt/format.h>

#include <map>

namespace ytterby {
namespace {

// A natural key as a person reads it: its parts with ` / ` between them.
std::string Readable(std::string_view natural_key) {
  std::string text;
  for (char c : natural_key) {
    if (c != '\x1f') {
      text += c;
    } else {
      text += " / ";
    }
  }
  while (text.ends_with(" / ")) text.resize(text.size() - 3);
  return text;
}

struct Computed {
  FieldName field;
  std::string_view rule;
};
using Rules = std::initializer_list<Computed>;

// `computed`: the rules of fields that are never printed as they are stored; one that the normaliser gave stands before them.
Record Finish(RecordKind kind, JsonWriter& json, std::string natural_key, Provenance& provenance, Rules computed,
              std::uint32_t otherwise = 0) {
  json.EndObject();
  for (const auto& [field, rule] : computed) provenance.Rule(field, rule);
  return {kind, provenance.First(otherwise), std::move(natural_key), json.Take(), provenance.Json()};
}

}  // namespace

Record Article::Encode() {
  JsonWriter json;
  json.Reserve(body.size() + text.size() + text.size() / 16 + 512);
  json.BeginObject().Field("ordinal", ordinal).Field("category", category).Field("title", title);
  json.Field("source", source).Field("body", body).Field("text", text);
  json.Key("document_span").BeginArray().Number(std::int64_t{document_span.begin}).Number(std::int64_t{document_span.end}).EndArray();
  return Finish(RecordKind::kArticle, json, NaturalKey({category, std::to_string(ordinal)}), provenance,
                {{"ordinal", "place-in-issue"}, {"category", "whole-sequence"}, {"document_span", "splitter"}});
}

Record Price::Encode() {
  JsonWriter json;
  json.BeginObject().Field("product", product).Field("as_printed", as_printed).Field("purity", purity);
  json.Field("statistic", statistic).Field("period", period).Field("value", value_text).Field("unit", unit);
  json.Field("cny_per_kg", cny_per_kg).Field("change_pct", change_pct).Field("change_basis", change_basis);
  json.Field("change_yoy_pct", change_yoy_pct).Field("where", where).Field("repaired", repaired).Field("seller", seller);
  return Finish(RecordKind::kPrice, json, NaturalKey({product ? *product : as_printed, statistic, period, where, seller.value_or("")}),
                provenance,
                {{"product", "product-names"},
                 {"statistic", "words-of-sentence"},
                 {"period", "words-of-sentence"},
                 {"unit", "unit-names"},
                 {"cny_per_kg", "unit-conversion"},
                 {"change_basis", "words-of-sentence"},
                 {"where", "category"},
                 {"repaired", "repair"}});
}

Record PriceIndex::Encode() {
  JsonWriter json;
  json.BeginObject().Field("index", index).Field("where", where);
  if (date) {
    json.Field("date", date).Field("value", value);
  } else {
    json.Field("period", period).Field("mean", mean).Field("high", high).Field("high_date", high_date);
    json.Field("low", low).Field("low_date", low_date).Field("spread", spread).Field("fluctuation_pct", fluctuation_pct);
  }
  return Finish(RecordKind::kIndex, json, NaturalKey({index, date ? *date : period.value_or("")}), provenance,
                {{"index", "publisher-named-in-text"},
                 {"where", "category"},
                 {"period", "words-of-sentence"},
                 {"high_date", "iso-date"},
                 {"low_date", "iso-date"},
                 {"date", "iso-date"}});
}

Record Patent::Encode() {
  JsonWriter json;
  json.BeginObject().Field("title", title).Field("publication_number", publication_number).Field("kind", kind);
  json.Field("publication_date", publication_date).Field("inventors", inventors).Field("abstract", abstract);
  json.Field("source", source);
  return Finish(RecordKind::kPatent, json, NaturalKey({publication_number.empty() ? title : publication_number}), provenance,
                {{"publication_date", "iso-date"}});
}

Record PatentTitle::Encode() {
  JsonWriter json;
  json.BeginObject().Field("ordinal", ordinal).Field("title", title);
  return Finish(RecordKind::kPatentTitle, json, NaturalKey({FoldLetters(title)}), provenance, {{"ordinal", "place-in-list"}});
}

Record Policy::Encode() {
  JsonWriter json;
  json.BeginObject().Field("title", title).Field("issuers", issuers).Field("document_number", document_number);
  json.Field("kind", kind).Field("issued", issued).Field("effective", effective).Field("region", region);
  json.Field("article_title", article_title);
  std::string key;
  if (document_number) {
    key = NaturalKey({"number", FoldKey(*document_number)});
  } else {
    std::string names;
    for (const std::string& issuer : issuers) names += issuer + ",";
    key = NaturalKey({"title", FoldLetters(title), names});
  }
  return Finish(RecordKind::kPolicy, json, std::move(key), provenance,
                {{"kind", "end-of-name"}, {"issued", "iso-date"}, {"effective", "iso-date"}, {"region", "place-named"}});
}

Record Quota::Encode() {
  JsonWriter json;
  json.BeginObject().Field("year", year).Key("batch");
  if (batch) {
    json.Number(*batch);
  } else {
    json.Null();
  }
  json.Field("group", group).Field("category", category).Key("tonnes").Number(tonnes).Field("where", where);
  return Finish(RecordKind::kQuota, json, NaturalKey({std::to_string(year), batch ? std::to_string(*batch) : "", group, category, where}),
                provenance,
                {{"year", "words-of-sentence"}, {"batch", "words-of-sentence"}, {"category", "quota-names"}, {"where", "layout"}});
}

Record Standard::Encode() {
  JsonWriter json;
  json.BeginObject().Field("number", number).Field("title", title).Field("replaces", replaces).Field("revision", revision);
  return Finish(RecordKind::kStandard, json, NaturalKey({FoldKey(number)}), provenance, {});
}

Record JournalTitle::Encode() {
  JsonWriter json;
  json.BeginObject().Field("ordinal", ordinal).Field("journal", journal).Field("title", title);
  return Finish(RecordKind::kJournalTitle, json, NaturalKey({FoldLetters(journal), FoldLetters(title)}), provenance,
                {{"ordinal", "place-in-list"}});
}

Record Finding::Encode() {
  JsonWriter json;
  json.BeginObject().Field("check", check).Field("severity", severity).Field("message", message);
  json.Field("concerns", Readable(concerns));
  json.Field("expected", expected).Field("printed", printed);
  return Finish(RecordKind::kFinding, json, NaturalKey({check, concerns}), provenance,
                {{"check", check}, {"severity", check}, {"message", check}, {"concerns", check}, {"expected", check}}, at);
}

std::string WithDecimalsAsStrings(RecordKind kind, std::string_view body) {
  static const std::map<RecordKind, std::vector<std::string_view>> decimals = {
      {RecordKind::kPrice, {"cny_per_kg", "change_pct", "change_yoy_pct"}},
      {RecordKind::kIndex, {"mean", "high", "low", "spread", "fluctuation_pct", "value"}},
      {RecordKind::kQuota, {"tonnes"}},
  };
  std::string quoted(body);
  const auto fields = decimals.find(kind);
  if (fields == decimals.end()) return quoted;
  for (std::string_view field : fields->second) {
    // A quote inside a string is escaped, so this stands before the field's value and nowhere else.
    const std::string key = fmt::format("\"{}\":", field);
    std::size_t at = quoted.find(key);
    if (at == std::string::npos) continue;
    at += key.size();
    const std::size_t end = quoted.find_first_of(",}", at);
    if (end == std::string::npos || quoted[at] == '"' || quoted[at] == 'n') continue;  // a string already, or null
    quoted.insert(end, 1, '"');
    quoted.insert(at, 1, '"');
  }
  return quoted;
}

Finding FindingFrom(const Notice& notice, std::string_view concerns) {
  Finding finding{notice.check, notice.severity, notice.message, std::string(concerns), std::nullopt, std::nullopt, {}, 0};
  if (notice.span) finding.at = notice.span->begin;
  return finding;
}

}  // namespace ytterby
