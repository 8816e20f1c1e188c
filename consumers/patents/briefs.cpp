#include "consumers/patents/briefs.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "consumers/patents/patent_fields.hpp"
#include "consumers/reading/section_text.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {
namespace {

struct Label {
  PatentField field;
  std::size_t begin = 0, end = 0;  // in the folded text, colon included
};

// Whether a table's cell ends at `at` in the folded text: at a bar, or at a tab before folding.
bool EndsCell(const SectionText& section, std::size_t at) {
  const Folded& folded = section.folded();
  if (at == 0 || at >= folded.text.size()) return false;
  if (folded.text[at] == '|')
    return at + 1 < folded.text.size() && folded.text[at + 1] != '\n';  // the bar at a row's end does not end a label
  const std::uint32_t from = folded.EndOf(at - 1), to = folded.source[at];
  return from < to &&
         std::string_view(section.section().text).substr(from, to - from).find('\t') != std::string_view::npos;
}

// The labels of a brief in any order; a label begins a paragraph or follows another field.
std::vector<Label> FindLabels(const SectionText& section) {
  const std::string_view text = section.text();
  static const RE2 kLabel("(" + fmt::format("{}", fmt::join(PatentLabelPatterns(), ")|(")) + ")");
  static const RE2 kNextLabel("^\\|?(?:" + kLabel.pattern() + ")");
  std::vector<Label> labels;
  re2::StringPiece input(text.data(), text.size());
  std::size_t from = 0;
  re2::StringPiece groups[1 + kPatentFields];
  while (from < text.size() && kLabel.Match(input, from, text.size(), RE2::UNANCHORED, groups, 1 + kPatentFields)) {
    const std::size_t begin = static_cast<std::size_t>(groups[0].data() - text.data());
    std::size_t end = begin + groups[0].size();
    from = end;
    // A label is at the start of a paragraph and is followed by a colon (or, for 摘要, is alone).
    const bool starts = begin == 0 || text[begin - 1] == '\n' || text.substr(0, begin).ends_with("】") ||
                        text.substr(0, begin).ends_with("[") || text.substr(0, begin).ends_with("【") ||
                        text.substr(0, begin).ends_with(";") || text.substr(0, begin).ends_with("。");
    std::string_view rest = text.substr(end);
    const bool closed = rest.starts_with("】") || rest.starts_with("]");
    if (closed) end += rest.starts_with("]") ? 1 : 3;
    // A label in a table, where the next cell is the value; in a row of labels only, the next cell is another label.
    const bool cell = (starts || text[begin - 1] == '|') && EndsCell(section, end) &&
                      !RE2::PartialMatch(re2::StringPiece(text.data() + end, text.size() - end), kNextLabel);
    const bool colon = closed || cell || text.substr(end).starts_with(":");
    if (!starts && !colon) continue;
    if (!colon && !(groups[5].size() > 0 && starts)) continue;
    if (text.substr(end).starts_with(":") || (cell && text[end] == '|')) ++end;
    const auto group =
        std::find_if(std::begin(groups) + 1, std::end(groups), [](const auto& piece) { return piece.size() > 0; });
    const auto field = static_cast<PatentField>(group - (std::begin(groups) + 1));
    if (!labels.empty() && labels.back().field == PatentField::kAbstract && field == PatentField::kOther && !starts)
      continue;
    labels.push_back({field, begin, end});
  }
  return labels;
}

std::string_view Trim(std::string_view value) {
  // Bullets and heading marks here belong to the next label's line.
  while (!value.empty() && std::string_view("\n;-#*|").find(value.back()) != std::string_view::npos)
    value.remove_suffix(1);
  for (std::string_view bullet : {"◎", "●", "■", "•", "◆", "◇"}) {
    if (value.ends_with(bullet)) value = Trim(value.substr(0, value.size() - bullet.size()));
  }
  while (!value.empty() && value.front() == '\n') value.remove_prefix(1);
  return value;
}

// The values after the labels [first, last).
std::vector<PatentValue> ValuesOf(const SectionText& text, const std::vector<Label>& labels, std::size_t first,
                                  std::size_t last) {
  std::vector<PatentValue> values;
  for (std::size_t i = first; i < last; ++i) {
    const std::size_t end = i + 1 < labels.size() ? labels[i + 1].begin : text.text().size();
    std::string_view value = Trim(text.text().substr(labels[i].end, end - labels[i].end));
    while (!value.empty() && (value.ends_with("【") || value.ends_with("[")))
      value.remove_suffix(value.ends_with("[") ? 1 : 3);
    value = Trim(value);
    if (!value.empty()) values.push_back({labels[i].field, value});
  }
  return values;
}

// The field that a column's heading names.
PatentField FieldOf(std::string_view heading) {
  static const std::vector<std::unique_ptr<const RE2>> kPatterns = [] {
    std::vector<std::unique_ptr<const RE2>> patterns;
    for (std::string_view pattern : PatentLabelPatterns())
      patterns.push_back(std::make_unique<const RE2>(std::string(pattern)));
    return patterns;
  }();
  const auto match = std::find_if(kPatterns.begin(), kPatterns.end(), [&](const auto& pattern) {
    return RE2::FullMatch(re2::StringPiece(heading.data(), heading.size()), *pattern);
  });
  return match == kPatterns.end() ? PatentField::kOther : static_cast<PatentField>(match - kPatterns.begin());
}

// Reads a brief, or several under one title: a new one begins where the title or number label repeats.
void AddLabelled(const SectionText& text, std::vector<Record>& records) {
  const std::vector<Label> labels = FindLabels(text);
  std::vector<std::size_t> begins = {0};
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const PatentField field = labels[i].field;
    if (field != PatentField::kTitle && field != PatentField::kNumber) continue;
    const auto same = [&](const Label& label) { return label.field == field; };
    const auto begin = labels.begin() + static_cast<std::ptrdiff_t>(begins.back()),
               here = labels.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::none_of(begin, here, same)) continue;
    // The other labels between the last abstract and this one belong to the new patent.
    const auto abstract =
        std::find_if(begin, here, [](const Label& label) { return label.field == PatentField::kAbstract; });
    if (abstract != here) begins.push_back(std::min(i, static_cast<std::size_t>(abstract - labels.begin()) + 1));
  }
  for (std::size_t k = 0; k < begins.size(); ++k) {
    const std::size_t last = k + 1 < begins.size() ? begins[k + 1] : labels.size();
    AddPatent(text, ValuesOf(text, labels, begins[k], last), begins.size() == 1, records);
  }
}

// Reads tables with a patent in each row and a header that names the fields. False: there is none.
bool AddRowsOfTables(const SectionText& text, std::vector<Record>& records) {
  bool any = false;
  for (const RuledTable& table : ReadRuledTables(text.section())) {
    std::vector<PatentField> columns;
    columns.reserve(table.header.size());
    for (const TableCell& cell : table.header) columns.push_back(FieldOf(cell.folded));
    const auto has = [&](PatentField field) {
      return std::find(columns.begin(), columns.end(), field) != columns.end();
    };
    if (!has(PatentField::kTitle) || !(has(PatentField::kNumber) || has(PatentField::kAbstract))) continue;
    for (const auto& row : table.rows) {
      std::vector<PatentValue> values;
      for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i) {
        const std::string_view value = Trim(text.FoldedAt(row[i].span));
        if (!value.empty()) values.push_back({columns[i], value});
      }
      any = any || !values.empty();
      if (!values.empty()) AddPatent(text, values, false, records);
    }
  }
  return any;
}

}  // namespace

void AddBriefs(const Section& section, std::vector<Record>& records) {
  const SectionText text(section);
  if (!AddRowsOfTables(text, records)) AddLabelled(text, records);
}

}  // namespace ytterby
