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

// The table of each kind: visit(name, value, rules) for its fields in export order, and KeyOf(kind), what makes it the
// same fact in another edition. JSON, natural keys and the shapes follow from these; CSV, topics and JSON Schemas
// follow from the shapes.

constexpr FieldRules kPlain;

template <class Visit>
void VisitFields(const Article& r, Visit&& visit) {
  visit("ordinal", r.ordinal, kPlain);
  visit("category", r.category, kPlain);
  visit("title", r.title, kPlain);
  visit("source", r.source, kPlain);
  visit("body", r.body, kPlain);
  visit("text", r.text, kPlain);
  visit("document_span", r.document_span, kPlain);
}

template <class Visit>
void VisitFields(const Price& r, Visit&& visit) {
  static constexpr FieldRules kProduct{.about =
                                           "canonical id; null where the printed name is damaged and nothing decides"};
  static constexpr FieldRules kStatistic{.one_of = "month_average month_open month_close spot list_price"};
  static constexpr FieldRules kPeriod{.about = "2024-01, 2024-01-31, 2023-Q3, 2023"};
  static constexpr FieldRules kValue{.about = "as printed, in `unit`"};
  static constexpr FieldRules kCnyPerKg{.about = "null for foreign currency"};
  static constexpr FieldRules kBasis{.one_of = "mom qoq yoy month_to_date"};
  static constexpr FieldRules kWhere{.one_of = "table narrative news"};
  static constexpr FieldRules kRepaired{.about = "why the product differs from what is printed"};
  visit("product", r.product, kProduct);
  visit("as_printed", r.as_printed, kPlain);
  visit("purity", r.purity, kPlain);
  visit("statistic", r.statistic, kStatistic);
  visit("period", r.period, kPeriod);
  visit("value", PrintedDecimal{r.value_text}, kValue);
  visit("unit", r.unit, kPlain);
  visit("cny_per_kg", r.cny_per_kg, kCnyPerKg);
  visit("change_pct", r.change_pct, kPlain);
  visit("change_basis", r.change_basis, kBasis);
  visit("change_yoy_pct", r.change_yoy_pct, kPlain);
  visit("where", r.where, kWhere);
  visit("repaired", r.repaired, kRepaired);
  visit("seller", r.seller, kPlain);
}

// A daily value, or the figures of a period: the fields of the other form are left out.
template <class Visit>
void VisitFields(const PriceIndex& r, Visit&& visit) {
  static constexpr FieldRules kWhere{.one_of = "market news"};
  static constexpr FieldRules kPeriod{.about = "2024-01, 2024-01-31, 2023-Q3, 2023", .form = FieldForm::kOfPeriod};
  static constexpr FieldRules kOfPeriod{.form = FieldForm::kOfPeriod};
  static constexpr FieldRules kDateInPeriod{.date = true, .form = FieldForm::kOfPeriod};
  static constexpr FieldRules kDate{.date = true, .form = FieldForm::kOfDay};
  static constexpr FieldRules kValue{.form = FieldForm::kOfDay};
  visit("index", r.index, kPlain);
  visit("where", r.where, kWhere);
  visit("period", r.period, kPeriod);
  visit("mean", r.mean, kOfPeriod);
  visit("high", r.high, kOfPeriod);
  visit("high_date", r.high_date, kDateInPeriod);
  visit("low", r.low, kOfPeriod);
  visit("low_date", r.low_date, kDateInPeriod);
  visit("spread", r.spread, kOfPeriod);
  visit("fluctuation_pct", r.fluctuation_pct, kOfPeriod);
  visit("date", r.date, kDate);
  visit("value", r.value, kValue);
}

constexpr FieldRules kAnyDate{.date = true};

template <class Visit>
void VisitFields(const Patent& r, Visit&& visit) {
  visit("title", r.title, kPlain);
  visit("publication_number", r.publication_number, kPlain);
  visit("kind", r.kind, kPlain);
  visit("publication_date", r.publication_date, kAnyDate);
  visit("inventors", r.inventors, kPlain);
  visit("abstract", r.abstract, kPlain);
  visit("source", r.source, kPlain);
}

template <class Visit>
void VisitFields(const PatentTitle& r, Visit&& visit) {
  visit("ordinal", r.ordinal, kPlain);
  visit("title", r.title, kPlain);
}

template <class Visit>
void VisitFields(const Policy& r, Visit&& visit) {
  visit("title", r.title, kPlain);
  visit("issuers", r.issuers, kPlain);
  visit("document_number", r.document_number, kPlain);
  visit("kind", r.kind, kPlain);
  visit("issued", r.issued, kAnyDate);
  visit("effective", r.effective, kAnyDate);
  visit("region", r.region, kPlain);
  visit("article_title", r.article_title, kPlain);
}

template <class Visit>
void VisitFields(const Quota& r, Visit&& visit) {
  static constexpr FieldRules kWhere{.one_of = "table narrative"};
  visit("year", r.year, kPlain);
  visit("batch", r.batch, kPlain);
  visit("group", r.group, kPlain);
  visit("category", r.category, kPlain);
  visit("tonnes", r.tonnes, kPlain);
  visit("where", r.where, kWhere);
}

template <class Visit>
void VisitFields(const Standard& r, Visit&& visit) {
  visit("number", r.number, kPlain);
  visit("title", r.title, kPlain);
  visit("replaces", r.replaces, kPlain);
  visit("revision", r.revision, kPlain);
}

template <class Visit>
void VisitFields(const JournalTitle& r, Visit&& visit) {
  visit("ordinal", r.ordinal, kPlain);
  visit("journal", r.journal, kPlain);
  visit("title", r.title, kPlain);
}

template <class Visit>
void VisitFields(const Finding& r, Visit&& visit) {
  static constexpr FieldRules kCheck{.about = "stable name"};
  static constexpr FieldRules kSeverity{.one_of = "info warning error"};
  visit("check", r.check, kCheck);
  visit("severity", r.severity, kSeverity);
  visit("message", r.message, kPlain);
  visit("concerns", r.concerns, kPlain);
  visit("expected", r.expected, kPlain);
  visit("printed", r.printed, kPlain);
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
JsonWriter WriteFields(const Kind& record, std::size_t room = 0, FieldForm left_out = FieldForm::kAlways) {
  JsonWriter json;
  if (room > 0) json.Reserve(room);
  json.BeginObject();
  VisitFields(record, [&](const char* name, const auto& value, const FieldRules& rules) {
    if (rules.form == FieldForm::kAlways || rules.form != left_out) WriteField(json, name, value);
  });
  return json;
}

template <class Kind>
void AddFields(KindShape& shape) {
  VisitFields(Kind{}, [&](const char* name, const auto& value, const FieldRules& rules) {
    shape.fields.push_back({name, TypeOf(value), rules});
  });
}

std::string KeyText(const std::string& value) { return value; }
std::string KeyText(const std::optional<std::string>& value) { return value.value_or(""); }
std::string KeyText(int value) { return std::to_string(value); }
std::string KeyText(const std::optional<int>& value) { return value ? std::to_string(*value) : ""; }
std::string KeyText(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += value + ",";
  return text;
}
// Keys contain no figures: a corrected figure is still the same fact.
std::string KeyText(const Decimal&) = delete;

template <class Kind>
std::string KeyText(const Kind& record, std::string_view field) {
  std::string text;
  VisitFields(record, [&](std::string_view name, const auto& value, const FieldRules&) {
    if constexpr (requires { KeyText(value); }) {
      if (name == field) text = KeyText(value);
    }
  });
  return text;
}

template <class Kind>
std::string KeyText(const Kind& record, const KeyPart& part) {
  std::string text = KeyText(record, part.field);
  if (text.empty() && !part.otherwise.empty()) text = KeyText(record, part.otherwise);
  switch (part.fold) {
    case KeyFold::kNone:
      return text;
    case KeyFold::kLetters:
      return FoldLetters(text);
    case KeyFold::kFolded:
      return FoldKey(text);
  }
  return text;
}

template <class Kind>
std::string KeyOf(RecordKind kind, const Kind& record) {
  const std::vector<KeyForm>& forms = ShapeOf(kind).natural_key;
  const auto taken = std::find_if(forms.begin(), forms.end() - 1, [&](const KeyForm& form) {
    return !KeyText(record, form.parts.front().field).empty();
  });
  std::vector<std::string> texts;
  if (!taken->name.empty()) texts.emplace_back(taken->name);
  for (const KeyPart& part : taken->parts) texts.push_back(KeyText(record, part));
  return NaturalKey(texts);
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
template <class Kind>
Record Finish(RecordKind kind, const Kind& record, JsonWriter json, Provenance& provenance, Rules computed,
              std::uint32_t otherwise = 0) {
  json.EndObject();
  for (const auto& [field, rule] : computed) provenance.Rule(field, rule);
  return {kind, provenance.First(otherwise), KeyOf(kind, record), json.Take(), provenance.Json()};
}

}  // namespace

const std::vector<KindShape>& AllShapes() {
  static const std::vector<KindShape> shapes = [] {
    std::vector<KindShape> all = {
        {.kind = RecordKind::kArticle,
         .export_name = "sections",
         .name = "section",
         .natural_key = {{.parts = {{"category"}, {"ordinal"}}}},
         .view_fields = {{"section", FieldType::kText}, {"coverage", FieldType::kDecimalOrNull}}},
        {.kind = RecordKind::kPrice,
         .export_name = "prices",
         .name = "price",
         .about = "One price, on bulletin.prices.",
         .published = true,
         .natural_key = {{.parts = {{"product", "as_printed"}, {"statistic"}, {"period"}, {"where"}, {"seller"}}}}},
        {.kind = RecordKind::kIndex,
         .export_name = "indices",
         .name = "index",
         .about = "One statement about a price index, on bulletin.indices: of a period, or of a day.",
         .published = true,
         .natural_key = {{.parts = {{"index"}, {"date", "period"}}}},
         .forms = {{"date", "value"}, {"period", "mean"}}},
        {.kind = RecordKind::kPatent,
         .export_name = "patents",
         .name = "patent",
         .about = "One patent, on bulletin.patents.",
         .published = true,
         .natural_key = {{.parts = {{"publication_number", "title"}}}}},
        {.kind = RecordKind::kPatentTitle,
         .export_name = "patent-titles",
         .name = "patent-title",
         .natural_key = {{.parts = {{"title", "", KeyFold::kLetters}}}}},
        {.kind = RecordKind::kPolicy,
         .export_name = "policies",
         .name = "policy",
         .about = "One document of an authority, on bulletin.policies.",
         .published = true,
         .natural_key = {{"number", {{"document_number", "", KeyFold::kFolded}}},
                         {"title", {{"title", "", KeyFold::kLetters}, {"issuers"}}}}},
        {.kind = RecordKind::kQuota,
         .export_name = "quotas",
         .name = "quota",
         .about = "One quota, on bulletin.quotas.",
         .published = true,
         .natural_key = {{.parts = {{"year"}, {"batch"}, {"group"}, {"category"}, {"where"}}}}},
        {.kind = RecordKind::kStandard,
         .export_name = "standards",
         .name = "standard",
         .about = "One standard, on bulletin.standards.",
         .published = true,
         .natural_key = {{.parts = {{"number", "", KeyFold::kFolded}}}}},
        {.kind = RecordKind::kJournalTitle,
         .export_name = "journal-titles",
         .name = "journal-title",
         .natural_key = {{.parts = {{"journal", "", KeyFold::kLetters}, {"title", "", KeyFold::kLetters}}}}},
        {.kind = RecordKind::kFinding,
         .export_name = "findings",
         .name = "finding",
         .about = "Something a check noticed, on bulletin.findings.",
         .published = true,
         .natural_key = {{.parts = {{"check"}, {"concerns"}}}}},
    };
    void (*const add[])(KindShape&) = {
        AddFields<Article>, AddFields<Price>, AddFields<PriceIndex>, AddFields<Patent>,       AddFields<PatentTitle>,
        AddFields<Policy>,  AddFields<Quota>, AddFields<Standard>,   AddFields<JournalTitle>, AddFields<Finding>};
    static_assert(std::size(add) == static_cast<std::size_t>(RecordKind::kFinding));
    for (KindShape& shape : all) add[static_cast<std::size_t>(shape.kind) - 1](shape);
    return all;
  }();
  return shapes;
}

Record Article::Encode() {
  return Finish(RecordKind::kArticle, *this, WriteFields(*this, body.size() + text.size() + text.size() / 16 + 512),
                provenance,
                {{"ordinal", "place-in-issue"}, {"category", "whole-sequence"}, {"document_span", "splitter"}});
}

Record Price::Encode() {
  return Finish(RecordKind::kPrice, *this, WriteFields(*this), provenance,
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
  return Finish(RecordKind::kIndex, *this, WriteFields(*this, 0, date ? FieldForm::kOfPeriod : FieldForm::kOfDay),
                provenance,
                {{"index", "publisher-named-in-text"},
                 {"where", "category"},
                 {"period", "words-of-sentence"},
                 {"high_date", "iso-date"},
                 {"low_date", "iso-date"},
                 {"date", "iso-date"}});
}

Record Patent::Encode() {
  return Finish(RecordKind::kPatent, *this, WriteFields(*this), provenance, {{"publication_date", "iso-date"}});
}

Record PatentTitle::Encode() {
  return Finish(RecordKind::kPatentTitle, *this, WriteFields(*this), provenance, {{"ordinal", "place-in-list"}});
}

Record Policy::Encode() {
  return Finish(
      RecordKind::kPolicy, *this, WriteFields(*this), provenance,
      {{"kind", "end-of-name"}, {"issued", "iso-date"}, {"effective", "iso-date"}, {"region", "place-named"}});
}

Record Quota::Encode() {
  return Finish(RecordKind::kQuota, *this, WriteFields(*this), provenance,
                {{"year", "words-of-sentence"},
                 {"batch", "words-of-sentence"},
                 {"category", "quota-names"},
                 {"where", "layout"}});
}

Record Standard::Encode() { return Finish(RecordKind::kStandard, *this, WriteFields(*this), provenance, {}); }

Record JournalTitle::Encode() {
  return Finish(RecordKind::kJournalTitle, *this, WriteFields(*this), provenance, {{"ordinal", "place-in-list"}});
}

Record Finding::Encode() {
  Finding readable = *this;
  readable.concerns = Readable(concerns);
  return Finish(RecordKind::kFinding, *this, WriteFields(readable), provenance,
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
