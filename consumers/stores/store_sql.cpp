#include "consumers/stores/store_sql.hpp"

#include <fmt/format.h>

namespace ytterby {

const std::vector<std::string>& ConsumerNames() {
  static const std::vector<std::string> names = {"prices", "patents", "policies", "articles"};
  return names;
}

std::string ForConsumer(std::string sql, const std::string& consumer) {
  for (std::size_t at = sql.find('@'); at != std::string::npos; at = sql.find('@', at)) sql.replace(at, 1, consumer);
  return sql;
}

Result<SchemaState> CompareSchema(const std::string& where, int number) {
  const int newest = Migrations().back().number;
  if (number > newest) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("{}: the store has schema {}, newer than this program's {}; use the newer program", where, number, newest));
  }
  return number == newest ? SchemaState::kCurrent : SchemaState::kOlder;
}

Result<void> RequireCurrentSchema(const std::string& where, int number) {
  YT_ASSIGN(state, CompareSchema(where, number));
  if (state == SchemaState::kCurrent) return {};
  return Fail(ErrorKind::kConfiguration, fmt::format("{}: schema {} is older than this program's {}; run a command that writes first, or "
                                                     "`ytterby store migrate`",
                                                     where, number, Migrations().back().number));
}

namespace sql {

std::string Issues(const std::string& consumer) {
  return ForConsumer(
      "SELECT series, label FROM @_issue i WHERE EXISTS(SELECT 1 FROM @_manifest_issue m WHERE m.issue = i.id) ORDER BY series, label",
      consumer);
}

std::string IssuesAmong(const std::string& consumer, const std::string& issues) {
  return ForConsumer(fmt::format("SELECT i.asked FROM ({}) i WHERE EXISTS(SELECT 1 FROM @_manifest_issue m WHERE m.issue = i.id)", issues),
                     consumer);
}

std::string Editions(const std::string& consumer, const std::vector<Category>& categories, const std::string& issues) {
  std::string in;
  for (Category category : categories) in += fmt::format("{}'{}'", in.empty() ? "" : ",", CategoryId(category));
  // A waived section counts as stored and empty.
  constexpr const char* kHere =
      "(s.content IS NOT NULL OR EXISTS(SELECT 1 FROM dead_letters w WHERE w.event_id = s.section_id AND w.consumer = '@' AND w.state = "
      "'waived'))";
  return ForConsumer(fmt::format("SELECT d.digest, m.text_digest, m.splitter_version, m.feed, m.name, m.revision, m.priority, "
                                 "m.text_layer, mi.whole, m.notices, "
                                 "(SELECT count(*) FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = "
                                 "m.id AND s.issue = i.id AND s.category IN ({0})), "
                                 "(SELECT count(*) FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = "
                                 "m.id AND s.issue = i.id AND s.category IN ({0}) AND {1}), "
                                 "coalesce((SELECT max(v.splitter_version) FROM @_manifest v WHERE v.document = d.id AND NOT EXISTS("
                                 "SELECT 1 FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = v.id "
                                 "AND s.category IN ({0}) AND NOT {1})), "
                                 "(SELECT max(splitter_version) FROM @_manifest v WHERE v.document = d.id)), i.asked "
                                 "FROM ({2}) i JOIN @_manifest_issue mi ON mi.issue = i.id JOIN @_manifest m ON m.id = mi.manifest "
                                 "JOIN @_document d ON d.id = m.document ORDER BY m.manifest_id",
                                 in, kHere, issues),
                     consumer);
}

std::string Rows(const std::string& consumer, std::optional<RecordKind> kind, const std::string& editions) {
  return ForConsumer(
      fmt::format("SELECT s.section_id, s.ordinal, r.first_span, r.known_at, r.natural_key, r.body, r.provenance, r.kind, e.asked "
                  "FROM ({1}) e JOIN @_section s ON s.issue = e.issue AND s.document = e.document AND s.text_digest = e.text_digest "
                  "AND s.splitter_version = e.splitter_version JOIN @_row r ON r.section = s.id WHERE {0}r.replay = 0 "
                  "AND r.normaliser_version = (SELECT max(normaliser_version) FROM @_stored t WHERE t.section = s.id AND t.replay = 0)",
                  kind ? fmt::format("r.kind = {} AND ", static_cast<int>(*kind)) : "", editions),
      consumer);
}

std::string PublishedOf(const std::string& issues) {
  return fmt::format(
      "SELECT p.kind, p.record_id, p.content, p.sequence, p.acknowledged, i.asked FROM ({}) i JOIN published p ON p.issue = i.id", issues);
}

std::string MoveLetter(const std::vector<std::string>& from) {
  return fmt::format("UPDATE dead_letters SET state = ?, note = ? WHERE letter_id = ? AND consumer = ? AND state IN ('{}')",
                     fmt::join(from, "', '"));
}

std::string Touch(const std::string& consumer, const std::string& documents, const std::string& issues) {
  return ForConsumer(fmt::format("INSERT INTO @_dirty(issue, counter) SELECT t.issue, 1 FROM (SELECT mi.issue FROM @_manifest m JOIN "
                                 "@_manifest_issue mi ON mi.manifest = m.id WHERE {} UNION SELECT i.id FROM @_issue i WHERE {}) t "
                                 "WHERE true ORDER BY t.issue ON CONFLICT(issue) DO UPDATE SET counter = @_dirty.counter + 1",
                                 documents, issues),
                     consumer);
}

std::string TouchByLetter(const std::string& consumer) {
  return Touch(consumer,
               "m.document = (SELECT s.document FROM dead_letters l JOIN @_section s ON s.section_id = l.event_id WHERE l.letter_id = ?)",
               "false");
}

std::string TakeRelay(const std::string& now) {
  // A lease that ends further away than any is given for was taken under a clock that has since gone back.
  return fmt::format(
      "UPDATE relay SET term = CASE WHEN holder = ? THEN term ELSE term + 1 END, holder = ?, expires = {0} + ? "
      "WHERE id = 1 AND (holder = ? OR expires < {0} OR expires > {0} + 120000) RETURNING term, log_id, view, first_sequence",
      now);
}

std::string Dirty(const std::string& consumer) {
  return ForConsumer("SELECT i.series, i.label, d.counter FROM @_dirty d JOIN @_issue i ON i.id = d.issue ORDER BY d.issue LIMIT ?",
                     consumer);
}

std::string Count(const std::string& consumer, const std::string& notices_length) {
  // Findings of a document as a whole lie in its manifest; the articles consumer shows them.
  const std::string of_documents =
      consumer == "articles" ? fmt::format(" + (SELECT coalesce(sum({}), 0) FROM @_manifest)", notices_length) : "";
  return ForConsumer(
      fmt::format("SELECT (SELECT count(*) FROM @_issue), (SELECT count(*) FROM @_stored), (SELECT count(*) FROM @_row WHERE kind <> {0}), "
                  "(SELECT count(*) FROM @_row WHERE kind = {0}){1}, (SELECT count(*) FROM @_manifest), "
                  "(SELECT count(*) FROM dead_letters WHERE consumer = '@' AND state IN ('open', 'retried'))",
                  static_cast<int>(RecordKind::kFinding), of_documents),
      consumer);
}

}  // namespace sql
}  // namespace ytterby
