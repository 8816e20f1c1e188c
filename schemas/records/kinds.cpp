#include "schemas/records/kinds.hpp"

#include <algorithm>
#include <type_traits>

#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

// The text of a decimal as it is printed on the page.
struct PrintedDecimal {
  const std::string& text;
};

// The fields of each kind in export order: visit(name, value). JSON and the shapes follow from these; CSV and the
// schemas follow from the shapes.

template <class Visit>
void VisitFields(const Article& r, Visit&& visit) {
  visit("ordinal", r.ordinal);
  visit("category", r.category);
  visit("title", r.title);
  visit("source", r.source);
  visit("body", r.body);
  visit("text", r.text);
  visit("document_span", r.document_span);
}

template <class Visit>
void VisitFields(const Price& r, Visit&& visit) {
  visit("product", r.product);
  visit("as_printed", r.as_printed);
  visit("purity", r.purity);
  visit("statistic", r.statistic);
  visit("period", r.period);
  visit("value", PrintedDecimal{r.value_text});
  visit("unit", r.unit);
  visit("cny_per_kg", r.cny_per_kg);
  visit("change_pct", r.change_pct);
  visit("change_basis", r.change_basis);
  visit("change_yoy_pct", r.change_yoy_pct);
  visit("where", r.where);
  visit("repaired", r.repaired);
  visit("seller", r.seller);
}

template <class Visit>
void VisitFields(const PriceIndex& r, Visit&& visit) {
  visit("index", r.index);
  visit("where", r.where);
  visit("period", r.period);
  visit("mean", r.mean);
  visit("high", r.high);
  visit("high_date", r.high_date);
  visit("low", r.low);
  visit("low_date", r.low_date);
  visit("spread", r.spread);
  visit("fluctuation_pct", r.fluctuation_pct);
  visit("date", r.date);
  visit("value", r.value);
}

template <class Visit>
void VisitFields(const Patent& r, Visit&& visit) {
  visit("title", r.title);
  visit("publication_number", r.publication_number);
  visit("kind", r.kind);
  visit("publication_date", r.publication_date);
  visit("inventors", r.inventors);
  visit("abstract", r.abstract);
  visit("source", r.source);
}

template <class Visit>
void VisitFields(const PatentTitle& r, Visit&& visit) {
  visit("ordinal", r.ordinal);
  visit("title", r.title);
}

template <class Visit>
void VisitFields(const Policy& r, Visit&& visit) {
  visit("title", r.title);
  visit("issuers", r.issuers);
  visit("document_number", r.document_number);
  visit("kind", r.kind);
  visit("issued", r.issued);
  visit("effective", r.effective);
  visit("region", r.region);
  visit("article_title", r.article_title);
}

template <class Visit>
void VisitFields(const Quota& r, Visit&& visit) {
  visit("year", r.year);
  visit("batch", r.batch);
  visit("group", r.group);
  visit("category", r.category);
  visit("tonnes", r.tonnes);
  visit("where", r.where);
}

template <class Visit>
void VisitFields(const Standard& r, Visit&& visit) {
  visit("number", r.number);
  visit("title", r.title);
  visit("replaces", r.replaces);
  visit("revision", r.revision);
}

template <class Visit>
void VisitFields(const JournalTitle& r, Visit&& visit) {
  visit("ordinal", r.ordinal);
  visit("journal", r.journal);
  visit("title", r.title);
}

template <class Visit>
void VisitFields(const Finding& r, Visit&& visit) {
  visit("check", r.check);
  visit("severity", r.severity);
  visit("message", r.message);
  visit("concerns", r.concerns);
  visit("expected", r.expected);
  visit("printed", r.printed);
}

FieldType TypeOf(const std::string&) { return FieldType::kText; }
FieldType TypeOf(const std::optional<std::string>&) { return FieldType::kTextOrNull; }
FieldType TypeOf(int) { return FieldType::kInteger; }
FieldType TypeOf(const std::optional<int>&) { return FieldType::kIntegerOrNull; }
FieldType TypeOf(const Decimal&) { return FieldType::kDecimal; }
FieldType TypeOf(const PrintedDecimal&) { return FieldType::kDecimal; }
FieldType TypeOf(const std::optional<Decimal>&) { return FieldType::kDecimalOrNull; }
FieldType TypeOf(const std::vector<std::string>&) { return FieldType::kTexts; }
FieldType TypeOf(Span) { return FieldType::kSpan; }

void WriteField(JsonWriter& json, const char* name, const PrintedDecimal& value) { json.Field(name, value.text); }
void WriteField(JsonWriter& json, const char* name, Span span) {
  json.Key(name).BeginArray().Number(std::int64_t{span.begin}).Number(std::int64_t{span.end}).EndArray();
}
template <class T>
void WriteField(JsonWriter& json, const char* name, const T& value) {
  json.Field(name, value);
}

template <class Kind>
JsonWriter WriteFields(const Kind& record, std::size_t room = 0) {
  JsonWriter json;
  if (room > 0) json.Reserve(room);
  json.BeginObject();
  VisitFields(record, [&](const char* name, const auto& value) { WriteField(json, name, value); });
  return json;
}

template <class Kind>
KindShape Shape(RecordKind kind, std::string_view export_name, std::string_view name, bool published,
                std::string_view natural_key, std::vector<FieldShape> view_fields = {}) {
  KindShape shape{kind, export_name, name, published, natural_key, {}, std::move(view_fields)};
  VisitFields(Kind{}, [&](const char* field, const auto& value) { shape.fields.push_back({field, TypeOf(value)}); });
  return shape;
}

// A natural key for people to read: its parts joined by ` / `.
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

// `computed`: the rules of fields that are never printed as they are stored; a rule from the normaliser takes
// precedence.
Record Finish(RecordKind kind, JsonWriter json, std::string natural_key, Provenance& provenance, Rules computed,
              std::uint32_t otherwise = 0) {
  json.EndObject();
  for (const auto& [field, rule] : computed) provenance.Rule(field, rule);
  return {kind, provenance.First(otherwise), std::move(natural_key), json.Take(), provenance.Json()};
}

}  // namespace

const std::vector<KindShape>& AllShapes() {
  static const std::vector<KindShape> shapes = {
      Shape<Article>(RecordKind::kArticle, "sections", "section", false, "category, ordinal",
                     {{"section", FieldType::kText}, {"coverage", FieldType::kDecimalOrNull}}),
      Shape<Price>(RecordKind::kPrice, "prices", "price", true,
                   "product (else printed name), statistic, period, where, seller"),
      Shape<PriceIndex>(RecordKind::kIndex, "indices", "index", true, "index, date (else period)"),
      Shape<Patent>(RecordKind::kPatent, "patents", "patent", true, "publication number (else title)"),
      Shape<PatentTitle>(RecordKind::kPatentTitle, "patent-titles", "patent-title", false, "title"),
      Shape<Policy>(RecordKind::kPolicy, "policies", "policy", true, "document number (else title and issuers)"),
      Shape<Quota>(RecordKind::kQuota, "quotas", "quota", true, "year, batch, group, category, where"),
      Shape<Standard>(RecordKind::kStandard, "standards", "standard", true, "number"),
      Shape<JournalTitle>(RecordKind::kJournalTitle, "journal-titles", "journal-title", false, "journal, title"),
      Shape<Finding>(RecordKind::kFinding, "findings", "finding", true, "check, natural key of the record it concerns"),
  };
  return shapes;
}

Record Article::Encode() {
  return Finish(RecordKind::kArticle, WriteFields(*this, body.size() + text.size() + text.size() / 16 + 512),
                NaturalKey({category, std::to_string(ordinal)}), provenance,
                {{"ordinal", "place-in-issue"}, {"category", "whole-sequence"}, {"document_span", "splitter"}});
}

Record Price::Encode() {
  return Finish(RecordKind::kPrice, WriteFields(*this),
                NaturalKey({product ? *product : as_printed, statistic, period, where, seller.value_or("")}),
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

// A daily value, or the figures of a period: the fields of the other form are left out.
Record PriceIndex::Encode() {
  const std::vector<std::string_view> daily = {"index", "where", "date", "value"};
  const bool is_daily = date.has_value();
  JsonWriter json;
  json.BeginObject();
  VisitFields(*this, [&](std::string_view name, const auto& field) {
    const bool shared = name == "index" || name == "where";
    const bool of_daily = std::find(daily.begin(), daily.end(), name) != daily.end();
    if (shared || of_daily == is_daily) WriteField(json, name.data(), field);
  });
  return Finish(RecordKind::kIndex, std::move(json), NaturalKey({index, date ? *date : period.value_or("")}),
                provenance,
                {{"index", "publisher-named-in-text"},
                 {"where", "category"},
                 {"period", "words-of-sentence"},
                 {"high_date", "iso-date"},
                 {"low_date", "iso-date"},
                 {"date", "iso-date"}});
}

Record Patent::Encode() {
  return Finish(RecordKind::kPatent, WriteFields(*this),
                NaturalKey({publication_number.empty() ? title : publication_number}), provenance,
                {{"publication_date", "iso-date"}});
}

Record PatentTitle::Encode() {
  return Finish(RecordKind::kPatentTitle, WriteFields(*this), NaturalKey({FoldLetters(title)}), provenance,
                {{"ordinal", "place-in-list"}});
}

Record Policy::Encode() {
  std::string key;
  if (document_number) {
    key = NaturalKey({"number", FoldKey(*document_number)});
  } else {
    std::string names;
    for (const std::string& issuer : issuers) names += issuer + ",";
    key = NaturalKey({"title", FoldLetters(title), names});
  }
  return Finish(
      RecordKind::kPolicy, WriteFields(*this), std::move(key), provenance,
      {{"kind", "end-of-name"}, {"issued", "iso-date"}, {"effective", "iso-date"}, {"region", "place-named"}});
}

Record Quota::Encode() {
  return Finish(RecordKind::kQuota, WriteFields(*this),
                NaturalKey({std::to_string(year), batch ? std::to_string(*batch) : "", group, category, where}),
                provenance,
                {{"year", "words-of-sentence"},
                 {"batch", "words-of-sentence"},
                 {"category", "quota-names"},
                 {"where", "layout"}});
}

Record Standard::Encode() {
  return Finish(RecordKind::kStandard, WriteFields(*this), NaturalKey({FoldKey(number)}), provenance, {});
}

Record JournalTitle::Encode() {
  return Finish(RecordKind::kJournalTitle, WriteFields(*this), NaturalKey({FoldLetters(journal), FoldLetters(title)}),
                provenance, {{"ordinal", "place-in-list"}});
}

Record Finding::Encode() {
  const std::string key = NaturalKey({check, concerns});
  Finding readable = *this;
  readable.concerns = Readable(concerns);
  return Finish(RecordKind::kFinding, WriteFields(readable), key, provenance,
                {{"check", check}, {"severity", check}, {"message", check}, {"concerns", check}, {"expected", check}},
                at);
}

Finding FindingFrom(const Notice& notice, std::string_view concerns) {
  Finding finding{
      notice.check, notice.severity, notice.message, std::string(concerns), std::nullopt, std::nullopt, {}, 0};
  if (notice.span) finding.at = notice.span->begin;
  return finding;
}

}  // namespace ytterby
