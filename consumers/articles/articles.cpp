// The articles consumer: every section is an article; a journal's contents give its titles besides.
#include <algorithm>

#include "consumers/articles/journals.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/section_text.hpp"
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
  const std::vector<Paragraph> paragraphs = SplitParagraphs(section.text, section.body_span, section.furniture, section.layout);
  Article article;
  article.ordinal = section.ordinal;
  article.category = CategoryId(section.category);
  article.title = section.title;
  article.source = section.source;
  article.body = BodyOf(section, paragraphs);
  article.provenance.Add("title", section.title_span);
  article.provenance.Add("body", section.body_span);
  if (section.source_span) article.provenance.Add("source", *section.source_span);
  records.push_back(article.Encode());
  records.front().first_span = section.title_span.begin;
  if (section.category == Category::kJournalContents) AddJournalTitles(section, records);
  for (const Notice& notice : section.notices) records.push_back(FindingFrom(notice, section.title).Encode());
  return records;
}

}  // namespace ytterby
