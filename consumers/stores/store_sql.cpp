#include "consumers/stores/store_sql.hpp"

#include <fmt/format.h>

#include "common/clock.hpp"

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
                fmt::format("{}: the store has schema {}, newer than this program's {}; use the newer program", where,
                            number, newest));
  }
  return number == newest ? SchemaState::kCurrent : SchemaState::kOlder;
}

Result<void> RequireCurrentSchema(const std::string& where, int number) {
  YT_ASSIGN(state, CompareSchema(where, number));
  if (state == SchemaState::kCurrent) return {};
  return Fail(ErrorKind::kConfiguration,
              fmt::format("{}: schema {} is older than this program's {}; first run a command that writes, or "
                          "`ytterby store migrate`",
                          where, number, Migrations().back().number));
}

namespace sql {

namespace {

// Condition: the scope sees a row of `stored` or `row`; `t` is its table.
std::string SeesRow(const Scope& scope, std::string_view t) {
  std::string condition = fmt::format("{}.replay IN (0", t);
  for (int replay : scope.replays) condition += fmt::format(", {}", replay);
  condition += ")";
  if (scope.as_of) condition += fmt::format(" AND {}.known_at <= {}", t, ToMillis(*scope.as_of));
  return condition;
}

// Conditions: at the scope's time the letter was waived; it waited for a person. `l` is its table. Letters belong to no
// replay.
std::string IsWaived(const Scope& scope, std::string_view l) {
  std::string condition = fmt::format("{}.state = 'waived'", l);
  if (scope.as_of) condition += fmt::format(" AND coalesce({0}.settled_at, 0) <= {1}", l, ToMillis(*scope.as_of));
  return condition;
}

std::string Waits(const Scope& scope, std::string_view l) {
  if (!scope.as_of) return fmt::format("{}.state IN ('open', 'retried')", l);
  return fmt::format("{0}.known_at <= {1} AND ({0}.state IN ('open', 'retried') OR {0}.settled_at > {1})", l,
                     ToMillis(*scope.as_of));
}

// Manifests belong to no replay.
std::string SeesManifest(const Scope& scope, std::string_view m) {
  return scope.as_of ? fmt::format("{}.known_at <= {}", m, ToMillis(*scope.as_of)) : "true";
}

// Condition: a manifest that the scope sees lists the issue `i`.
std::string IsListed(const Scope& scope) {
  if (!scope.as_of) return "EXISTS(SELECT 1 FROM @_manifest_issue mi WHERE mi.issue = i.id)";
  return fmt::format(
      "EXISTS(SELECT 1 FROM @_manifest_issue mi JOIN @_manifest m ON m.id = mi.manifest WHERE mi.issue = i.id AND {})",
      SeesManifest(scope, "m"));
}

}  // namespace

std::string Issues(const std::string& consumer, const Scope& scope) {
  return ForConsumer(
      fmt::format("SELECT series, label FROM @_issue i WHERE {} ORDER BY series, label", IsListed(scope)), consumer);
}

std::string IssuesAmong(const std::string& consumer, const Scope& scope, const std::string& issues) {
  return ForConsumer(fmt::format("SELECT i.asked FROM ({}) i WHERE {}", issues, IsListed(scope)), consumer);
}

std::string Editions(const std::string& consumer, const Scope& scope, const std::vector<Category>& categories,
                     const std::string& issues) {
  std::string in;
  for (Category category : categories) in += fmt::format("{}'{}'", in.empty() ? "" : ",", CategoryId(category));
  // A section is there if the scope sees a normaliser's `stored` row for it. A waived one counts as stored and empty.
  const std::string here = fmt::format(
      "(EXISTS(SELECT 1 FROM @_stored t WHERE t.section = s.id AND {}) OR EXISTS(SELECT 1 FROM dead_letters w WHERE "
      "w.event_id = s.section_id AND w.consumer = '@' AND {}))",
      SeesRow(scope, "t"), IsWaived(scope, "w"));
  // The plus in `+s.issue` keeps SQLite from reading all sections of the issue for each of its editions.
  return ForConsumer(
      fmt::format(
          "SELECT d.digest, m.text_digest, m.splitter_version, m.feed, m.name, m.revision, m.priority, "
          "m.text_layer, mi.whole, m.notices, "
          "(SELECT count(*) FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = "
          "m.id AND +s.issue = i.id AND s.category IN ({0})), "
          "(SELECT count(*) FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = "
          "m.id AND +s.issue = i.id AND s.category IN ({0}) AND {1}), "
          "coalesce((SELECT max(v.splitter_version) FROM @_manifest v WHERE v.document = d.id AND {3} AND NOT EXISTS("
          "SELECT 1 FROM @_manifest_section ms JOIN @_section s ON s.id = ms.section WHERE ms.manifest = v.id "
          "AND s.category IN ({0}) AND NOT {1})), "
          "(SELECT max(splitter_version) FROM @_manifest v WHERE v.document = d.id AND {3})), mi.sections, i.asked, "
          "coalesce(mi.checksum, -1), m.known_at "
          "FROM ({2}) i JOIN @_manifest_issue mi ON mi.issue = i.id JOIN @_manifest m ON m.id = mi.manifest "
          "JOIN @_document d ON d.id = m.document WHERE {4} ORDER BY m.manifest_id",
          in, here, issues, SeesManifest(scope, "v"), SeesManifest(scope, "m")),
      consumer);
}

std::string Rows(const std::string& consumer, const Scope& scope, std::optional<RecordKind> kind,
                 const std::string& editions) {
  return ForConsumer(
      fmt::format("SELECT s.section_id, s.ordinal, r.first_span, r.known_at, r.natural_key, r.body, r.provenance, "
                  "r.kind, e.asked, coalesce(r.checksum, -1), s.category "
                  "FROM ({1}) e JOIN @_section s ON s.issue = e.issue AND s.document = e.document AND s.text_digest = "
                  "e.text_digest "
                  "AND s.splitter_version = e.splitter_version JOIN @_row r ON r.section = s.id WHERE {0}{2} "
                  "AND r.normaliser_version = (SELECT max(normaliser_version) FROM @_stored t WHERE t.section = s.id "
                  "AND {3}){4}",
                  kind ? fmt::format("r.kind = {} AND ", static_cast<int>(*kind)) : "", editions, SeesRow(scope, "r"),
                  SeesRow(scope, "t"),
                  // Several replays may give the same rows for a section and version: the first replay's count.
                  scope.replays.empty()
                      ? ""
                      : fmt::format(" AND r.replay = (SELECT min(replay) FROM @_stored u WHERE u.section = s.id AND "
                                    "u.normaliser_version = r.normaliser_version AND {})",
                                    SeesRow(scope, "u"))),
      consumer);
}

std::string LetterPage(bool every_state, bool behind_another) {
  return fmt::format(
      "SELECT letter_id, topic, partition, message_offset, stage, error, '', '', known_at, '', event_id, attempts, "
      "state, "
      "coalesce(note, ''), consumer FROM dead_letters WHERE consumer = ?{}{} ORDER BY topic, partition, "
      "message_offset, letter_id LIMIT ?",
      every_state ? "" : " AND state IN ('open', 'retried')",
      behind_another ? " AND (topic > ? OR (topic = ? AND partition > ?) OR (topic = ? AND partition = ? AND "
                       "message_offset > ?) OR "
                       "(topic = ? AND partition = ? AND message_offset = ? AND letter_id > ?))"
                     : "");
}

std::string PublishedOf(const std::string& issues) {
  return fmt::format(
      "SELECT p.kind, p.record_id, p.content, p.sequence, p.acknowledged, i.asked FROM ({}) i JOIN published p ON "
      "p.issue = i.id",
      issues);
}

std::string MoveLetter(const std::vector<std::string>& from) {
  return fmt::format(
      "UPDATE dead_letters SET state = ?, note = ?, settled_at = ? WHERE letter_id = ? AND consumer = ? AND state IN "
      "('{}')",
      fmt::join(from, "', '"));
}

std::string Touch(const std::string& consumer, const std::string& documents, const std::string& issues) {
  return ForConsumer(
      fmt::format("INSERT INTO @_dirty(issue, counter) SELECT t.issue, 1 FROM (SELECT mi.issue FROM @_manifest m JOIN "
                  "@_manifest_issue mi ON mi.manifest = m.id WHERE {} UNION SELECT i.id FROM @_issue i WHERE {}) t "
                  "WHERE true ORDER BY t.issue ON CONFLICT(issue) DO UPDATE SET counter = @_dirty.counter + 1",
                  documents, issues),
      consumer);
}

std::string TouchByLetter(const std::string& consumer) {
  return Touch(consumer,
               "m.document = (SELECT s.document FROM dead_letters l JOIN @_section s ON s.section_id = l.event_id "
               "WHERE l.letter_id = ?)",
               "false");
}

std::string TakeRelay(const std::string& now) {
  // A lease that ends later than any lease lasts was taken before the clock was set back.
  return fmt::format(
      "UPDATE relay SET term = CASE WHEN holder = ? THEN term ELSE term + 1 END, holder = ?, expires = {0} + ? "
      "WHERE id = 1 AND (holder = ? OR expires < {0} OR expires > {0} + 120000) RETURNING term, log_id, view, "
      "first_sequence",
      now);
}

std::string Dirty(const std::string& consumer) {
  return ForConsumer(
      "SELECT i.series, i.label, d.counter FROM @_dirty d JOIN @_issue i ON i.id = d.issue ORDER BY d.issue LIMIT ?",
      consumer);
}

std::string Count(const std::string& consumer, const Scope& scope, const std::string& notices_length) {
  // Findings about a whole document are in its manifest; the articles consumer shows them.
  const std::string of_documents = consumer == "articles"
                                       ? fmt::format(" + (SELECT coalesce(sum({}), 0) FROM @_manifest m WHERE {})",
                                                     notices_length, SeesManifest(scope, "m"))
                                       : "";
  return ForConsumer(
      fmt::format("SELECT (SELECT count(*) FROM @_issue i WHERE {4}), (SELECT count(*) FROM @_stored t WHERE {2}), "
                  "(SELECT count(*) FROM @_row r WHERE kind <> {0} AND {3}), (SELECT count(*) FROM @_row r WHERE kind "
                  "= {0} AND {3}){1}, "
                  "(SELECT count(*) FROM @_manifest m WHERE {5}), "
                  "(SELECT count(*) FROM dead_letters l WHERE l.consumer = '@' AND {6})",
                  static_cast<int>(RecordKind::kFinding), of_documents, SeesRow(scope, "t"), SeesRow(scope, "r"),
                  IsListed(scope), SeesManifest(scope, "m"), Waits(scope, "l")),
      consumer);
}

std::string CountDangling(const std::string& consumer) {
  const auto without = [](std::string_view table, std::string_view target, std::string_view condition) {
    return fmt::format("(SELECT count(*) FROM @_{} a WHERE NOT EXISTS(SELECT 1 FROM @_{} b WHERE {}))", table, target,
                       condition);
  };
  return ForConsumer(
      "SELECT " +
          without("row", "stored",
                  "b.section = a.section AND b.normaliser_version = a.normaliser_version AND b.replay = a.replay") +
          " + " + without("stored", "section", "b.id = a.section") + " + " +
          without("section", "issue", "b.id = a.issue") + " + " + without("section", "document", "b.id = a.document") +
          " + " + without("manifest", "document", "b.id = a.document") + " + " +
          without("manifest_issue", "manifest", "b.id = a.manifest") + " + " +
          without("manifest_issue", "issue", "b.id = a.issue") + " + " +
          without("manifest_section", "manifest", "b.id = a.manifest") + " + " +
          without("manifest_section", "section", "b.id = a.section"),
      consumer);
}

}  // namespace sql
}  // namespace ytterby
