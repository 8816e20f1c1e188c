// The articles consumer: every section is an article; a journal's table of contents also yields its titles.
#include <algorithm>

#include "consumers/articles/articles.hpp"
#include "consumers/articles/journals.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/section_text.hpp"
#include "consumers/reading/unconfirmed.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

std::string BodyOf(const Section& section, const std::vector<Paragraph>& paragraphs) {
  std::string body;
  body.reserve(section.body_span.size());
  for (const Paragraph& paragraph : paragraphs) {
    if (!body.empty()) body += '\n';
    body += JoinPieces(section.text, paragraph.pieces);
  }
  return body;
}

}  // namespace

std::vector<Record> NormaliseArticles(const Section& section) {
  std::vector<Record> records;
  const std::vector<Paragraph> paragraphs =
      SplitParagraphs(section.text, section.body_span, section.furniture, section.layout);
  Article article;
  article.ordinal = section.ordinal;
  article.category = CategoryId(section.category);
  article.title = section.title;
  article.source = section.source;
  article.body = BodyOf(section, paragraphs);
  article.text = section.text;
  article.document_span = section.document_span;
  article.provenance.Add("title", TitleSpans(section));
  article.provenance.Add("body", Without(section.body_span, section.furniture));
  article.provenance.Add("text", {0, static_cast<std::uint32_t>(section.text.size())});
  if (section.source_span) article.provenance.Add("source", *section.source_span);
  records.push_back(article.Encode());
  records.front().first_span = section.title_span.begin;
  if (section.category == Category::kJournalContents) AddJournalTitles(section, records);
  FlagUnconfirmed(section, records);
  for (const Notice& notice : section.notices) {
    std::vector<Span> spans;
    if (notice.span && notice.span->size() > 0) spans = Without(*notice.span, section.furniture);
    records.push_back(FindingAt(section, notice.check, notice.severity, notice.message, spans).Encode());
  }
  return records;
}

}  // namespace ytterby
