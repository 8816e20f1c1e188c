#include "consumers/stores/postgres_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/json_writer.hpp"
#include "common/log/headers.hpp"
#include "common/text/utf8.hpp"
#include "consumers/stores/postgres_letter_writer.hpp"
#include "consumers/stores/postgres_rows.hpp"
#include "consumers/stores/store_sql.hpp"
#include "consumers/stores/stored_checksums.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

class BatchWriter {
 public:
  BatchWriter(PgConnection& db, const std::string& consumer, const std::string& log_id, const StoreBatch& batch)
      : db_(db), consumer_(consumer), log_id_(log_id), batch_(batch) {}

  // One transaction, in as few round trips as possible: it waits only for results that decide what follows.
  Result<void> Write() {
    Add("BEGIN", {});
    MoveOffsets();
    AddIssuesAndDocuments();
    YT_CHECK(AddSections());
    AddStored();
    AddManifests();
    YT_CHECK(Send());
    YT_CHECK(CheckOffsets());
    YT_CHECK(CompareKnownSections());
    YT_CHECK(CopyRows());
    YT_CHECK(ListSections());
    CloseLetters(next_, consumer_, batch_.closed_letters, std::move(stored_events_));
    AddLetters(next_, consumer_, batch_.dead_letters);
    MarkTouched();
    Add("COMMIT", {});
    return Send();
  }

 private:
  // Returns the index of its result, which is available after Send.
  std::size_t Add(const std::string& sql, PgParameters parameters) {
    return next_.Add(ForConsumer(sql, consumer_), std::move(parameters));
  }
  Result<void> Send() {
    YT_ASSIGN(answers, db_.Query(std::exchange(next_, {})));
    answers_ = std::move(answers);
    return {};
  }
  const PgRows& AnswerTo(std::optional<std::size_t> statement) const {
    return statement ? answers_[*statement] : no_rows_;
  }

  // This is where the guarantee "a consumer's offset moves only in the transaction that stores its records" is made.
  // The row lock waits for another member's move, and then the expected offset does not match.
  void MoveOffsets() {
    for (const bool first : {true, false}) {
      PgArray topics(PgType::kText), partitions(PgType::kBigint), expected(PgType::kBigint), next(PgType::kBigint),
          ids(PgType::kText), times(PgType::kBigint);
      for (const OffsetMove& move : batch_.offsets) {
        if (first == move.expected.has_value()) continue;
        topics.Add(move.at.topic);
        partitions.Add(static_cast<std::int64_t>(move.at.partition));
        expected.Add(move.expected.value_or(0));
        next.Add(move.to.next);
        ids.Add(move.to.before.event_id);
        times.Add(ToMillis(move.to.before.timestamp));
      }
      const auto moves = static_cast<std::int64_t>(topics.size());
      if (moves == 0) continue;
      PgParameters parameters;
      parameters.Text(log_id_)
          .Text(consumer_)
          .Array(std::move(topics))
          .Array(std::move(partitions))
          .Array(std::move(expected));
      parameters.Array(std::move(next)).Array(std::move(ids)).Array(std::move(times));
      const std::size_t move = Add(
          first ? "INSERT INTO offsets(log_id, consumer, topic, partition, next_offset, fingerprint_id, "
                  "fingerprint_time) "
                  "SELECT $1::text, $2::text, u.topic, u.partition::integer, u.next, u.id, u.time FROM "
                  "unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[]) "
                  "u(topic, partition, expected, next, id, time) ORDER BY u.topic, u.partition ON CONFLICT DO NOTHING"
                : "UPDATE offsets o SET next_offset = u.next, fingerprint_id = u.id, fingerprint_time = u.time FROM "
                  "unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[]) "
                  "u(topic, partition, expected, next, id, time) WHERE o.log_id = $1::text AND o.consumer = $2::text "
                  "AND o.topic = u.topic AND o.partition = u.partition AND o.next_offset = u.expected",
          std::move(parameters));
      moves_.emplace_back(move, moves);
    }
  }

  Result<void> CheckOffsets() {
    for (const auto& [statement, moves] : moves_) {
      if (answers_[statement].touched() != moves) return Conflict();
    }
    return {};
  }

  // kConflict, naming the offset that another member moved.
  Result<void> Conflict() {
    for (const OffsetMove& move : batch_.offsets) {
      YT_ASSIGN(
          rows,
          db_.Query(
              "SELECT next_offset FROM offsets WHERE log_id = $1 AND consumer = $2 AND topic = $3 AND partition = $4",
              PgParameters().Text(log_id_).Text(consumer_).Text(move.at.topic).Int(move.at.partition)));
      const std::int64_t stored = rows.size() == 0 ? -1 : rows.Int(0, 0);
      if (stored != move.expected.value_or(-1) && stored != move.to.next) {
        return Fail(ErrorKind::kConflict,
                    fmt::format("{} {}/{}: the stored offset is {}, not {}", consumer_, move.at.topic,
                                move.at.partition, stored, move.expected.value_or(-1)));
      }
    }
    return Fail(ErrorKind::kConflict, fmt::format("{}: another member moved an offset first", consumer_));
  }

  void AddIssuesAndDocuments() {
    // Sets, so that all writers lock the rows in the same order.
    std::set<std::pair<std::string, std::string>> issues;
    std::set<std::string> documents;
    for (const SectionRows& rows : batch_.sections) {
      issues.emplace(rows.issue.series, rows.issue.label);
      documents.emplace(rows.document.Raw());
    }
    for (const ManifestRow& row : batch_.manifests) {
      documents.emplace(row.manifest.document.Raw());
      for (const ManifestIssue& listed : row.manifest.issues) issues.emplace(listed.issue.series, listed.issue.label);
    }
    if (documents.empty()) return;
    PgArray series(PgType::kText), labels(PgType::kText), digests(PgType::kBytes);
    for (const auto& [one, label] : issues) {
      series.Add(one);
      labels.Add(label);
    }
    for (const std::string& digest : documents) digests.Add(digest);
    Add("WITH new_issues AS (INSERT INTO @_issue(series, label) SELECT u.series, u.label FROM unnest($1::text[], "
        "$2::text[]) "
        "u(series, label) WHERE NOT EXISTS(SELECT 1 FROM @_issue i WHERE i.series = u.series AND i.label = u.label) "
        "ON CONFLICT DO NOTHING) INSERT INTO @_document(digest) SELECT u.digest FROM unnest($3::bytea[]) u(digest) "
        "WHERE NOT EXISTS(SELECT 1 FROM @_document d WHERE d.digest = u.digest) ON CONFLICT DO NOTHING",
        PgParameters().Array(std::move(series)).Array(std::move(labels)).Array(std::move(digests)));
  }

  struct KnownSection {
    std::string document, text_digest;
    int splitter_version;
    const IssueId* issue;
    int ordinal;
    Category category;
    std::optional<std::string> content;  // unless known only from a manifest
  };
  using KnownSections = std::map<std::string, KnownSection>;  // by id, so that all writers lock rows in the same order

  // The batch's sections, with the digest of their text, and the sections that its manifests list.
  Result<KnownSections> CollectSections() const {
    KnownSections sections;
    for (const SectionRows& rows : batch_.sections) {
      const auto [known, added] = sections.try_emplace(
          std::string(rows.id.Raw()),
          KnownSection{std::string(rows.document.Raw()), std::string(rows.text_digest.Raw()), rows.splitter_version,
                       &rows.issue, rows.ordinal, rows.category, std::string(rows.content.Raw())});
      if (!added && known->second.content != rows.content.Raw()) return OtherBytes(rows.id);
    }
    for (const ManifestRow& row : batch_.manifests) {
      const Manifest& m = row.manifest;
      for (const ManifestIssue& listed : m.issues) {
        for (const ManifestSection& part : listed.sections) {
          sections.try_emplace(
              std::string(part.id.Raw()),
              KnownSection{std::string(m.document.Raw()), std::string(m.text_digest.Raw()), m.splitter_version,
                           &listed.issue, part.ordinal, part.category, std::nullopt});
        }
      }
    }
    return sections;
  }

  Result<void> AddSections() {
    YT_ASSIGN(sections, CollectSections());
    if (sections.empty()) return {};
    PgArray ids(PgType::kBytes), documents(PgType::kBytes), texts(PgType::kBytes), versions(PgType::kBigint),
        series(PgType::kText), labels(PgType::kText), ordinals(PgType::kBigint), categories(PgType::kText),
        contents(PgType::kBytes);
    for (const auto& [id, section] : sections) {
      ids.Add(id);
      documents.Add(section.document);
      texts.Add(section.text_digest);
      versions.Add(section.splitter_version);
      series.Add(section.issue->series);
      labels.Add(section.issue->label);
      ordinals.Add(section.ordinal);
      categories.Add(CategoryId(section.category));
      if (section.content) {
        contents.Add(*section.content);
      } else {
        contents.AddNull();
      }
    }
    PgParameters parameters;
    parameters.Array(std::move(ids)).Array(std::move(documents)).Array(std::move(texts)).Array(std::move(versions));
    parameters.Array(std::move(series))
        .Array(std::move(labels))
        .Array(std::move(ordinals))
        .Array(std::move(categories));
    parameters.Array(std::move(contents));
    sections_ = sections.size();
    add_sections_ = Add(
        "INSERT INTO @_section(section_id, document, text_digest, splitter_version, issue, ordinal, category, content) "
        "SELECT u.id, d.id, u.text_digest, u.version::integer, i.id, u.ordinal::integer, u.category, u.content FROM "
        "unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[], "
        "$9::bytea[]) "
        "u(id, document, text_digest, version, series, label, ordinal, category, content) "
        "JOIN @_document d ON d.digest = u.document JOIN @_issue i ON i.series = u.series AND i.label = u.label "
        "WHERE NOT EXISTS(SELECT 1 FROM @_section s WHERE s.section_id = u.id) ORDER BY u.id ON CONFLICT DO NOTHING",
        std::move(parameters));
    return {};
  }

  tl::unexpected<Error> OtherBytes(const SectionId& id) const {
    return Fail(ErrorKind::kBadData, fmt::format("section {}: the id is stored with other bytes", id.Hex()),
                Part::kStore, Cause::kOtherBytes);
  }

  // Sets the text digest of sections that were known only from a manifest. Fails if one is already stored with other
  // bytes.
  Result<void> CompareKnownSections() {
    if (batch_.sections.empty() || AnswerTo(add_sections_).touched() == static_cast<std::int64_t>(sections_)) return {};
    PgArray ids(PgType::kBytes), contents(PgType::kBytes);
    for (const auto& [key, rows] : came_) {  // by id, so that all writers lock the rows in the same order
      ids.Add(key.first);
      contents.Add(rows->content.Raw());
    }
    PgParameters came;
    came.Array(std::move(ids)).Array(std::move(contents));
    PgBatch compare;
    compare.Add(
        ForConsumer("UPDATE @_section s SET content = u.content FROM unnest($1::bytea[], $2::bytea[]) u(id, content) "
                    "WHERE s.section_id = u.id AND s.content IS NULL",
                    consumer_),
        came);
    const std::size_t different =
        compare.Add(ForConsumer("SELECT s.section_id FROM @_section s JOIN unnest($1::bytea[], $2::bytea[]) u(id, "
                                "content) ON s.section_id = u.id "
                                "WHERE s.content <> u.content LIMIT 1",
                                consumer_),
                    std::move(came));
    YT_ASSIGN(answers, db_.Query(compare));
    const PgRows& other = answers[different];
    if (other.size() > 0) return OtherBytes({Digest::FromRaw(other.Text(0, 0)).value_or(Digest{})});
    return {};
  }

  // The result leaves out sections that were delivered before.
  void AddStored() {
    if (batch_.sections.empty()) return;
    for (const SectionRows& rows : batch_.sections)
      came_.try_emplace({std::string(rows.id.Raw()), rows.normaliser_version}, &rows);
    PgArray ids(PgType::kBytes), versions(PgType::kBigint), times(PgType::kBigint);
    for (const auto& [key, rows] : came_) {
      ids.Add(key.first);
      versions.Add(static_cast<std::int64_t>(key.second));
      times.Add(ToMillis(rows->known_at));
    }
    add_stored_ =
        Add("WITH fresh AS (INSERT INTO @_stored(section, normaliser_version, replay, known_at) "
            "SELECT s.id, u.version::integer, 0, u.time FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) u(id, "
            "version, time) "
            "JOIN @_section s ON s.section_id = u.id ORDER BY u.id ON CONFLICT DO NOTHING RETURNING section, "
            "normaliser_version) "
            "SELECT s.section_id, f.normaliser_version, s.id, s.ordinal, s.category FROM fresh f JOIN @_section s ON "
            "s.id = f.section",
            PgParameters().Array(std::move(ids)).Array(std::move(versions)).Array(std::move(times)));
  }

  Result<void> CopyRows() {
    const PgRows& fresh = AnswerTo(add_stored_);
    PgCopy copy;
    std::size_t records = 0;
    for (int i = 0; i < fresh.size(); ++i) {
      stored_events_.Add(fresh.Text(i, 0));
      const auto rows = came_.find({std::string(fresh.Text(i, 0)), static_cast<int>(fresh.Int(i, 1))});
      if (rows == came_.end())
        return Fail(ErrorKind::kInternal, "postgresql: the server returned a section that was not sent");
      const SectionRows& section = *rows->second;
      std::int64_t index = 0;
      for (const Record& record : section.records) {
        ++records;
        copy.BeginRow(11);
        copy.Int4(fresh.Int(i, 2));
        copy.Int4(static_cast<int>(record.kind));
        copy.Int4(index++);
        copy.Int4(section.normaliser_version);
        copy.Int4(0);  // replay
        copy.Int8(record.first_span);
        copy.Int8(ToMillis(section.known_at));
        copy.Text(record.natural_key);
        copy.Text(record.body);
        copy.Text(record.provenance);
        copy.Int8(ChecksumOfRecord(section.id, static_cast<int>(fresh.Int(i, 3)), fresh.Text(i, 4), section.known_at,
                                   record));
      }
    }
    if (records == 0) return {};
    return db_.Copy(
        ForConsumer(
            "COPY @_row(section, kind, row_index, normaliser_version, replay, first_span, known_at, natural_key, body, "
            "provenance, checksum) FROM STDIN (FORMAT binary)",
            consumer_),
        copy.Take());
  }

  void AddManifests() {
    if (batch_.manifests.empty()) return;
    for (const ManifestRow& row : batch_.manifests) manifests_.try_emplace(std::string(row.manifest.id.Raw()), &row);
    PgArray ids(PgType::kBytes), documents(PgType::kBytes), texts(PgType::kBytes), versions(PgType::kBigint),
        feeds(PgType::kText), names(PgType::kText), revisions(PgType::kBigint), priorities(PgType::kBigint),
        layers(PgType::kBigint), times(PgType::kBigint), notices(PgType::kText);
    for (const auto& [id, row] : manifests_) {
      const Manifest& m = row->manifest;
      ids.Add(id);
      documents.Add(m.document.Raw());
      texts.Add(m.text_digest.Raw());
      versions.Add(static_cast<std::int64_t>(m.splitter_version));
      feeds.Add(m.feed);
      names.Add(m.name);
      revisions.Add(static_cast<std::int64_t>(m.revision));
      priorities.Add(static_cast<std::int64_t>(m.priority));
      layers.Add(static_cast<std::int64_t>(m.text_layer));
      times.Add(ToMillis(row->known_at));
      JsonWriter json;
      WriteNotices(json, m.notices);
      notices.Add(json.text());
    }
    PgParameters parameters;
    parameters.Array(std::move(ids)).Array(std::move(documents)).Array(std::move(texts)).Array(std::move(versions));
    parameters.Array(std::move(feeds)).Array(std::move(names)).Array(std::move(revisions)).Array(std::move(priorities));
    parameters.Array(std::move(layers)).Array(std::move(times)).Array(std::move(notices));
    add_manifests_ = Add(
        "INSERT INTO @_manifest(manifest_id, document, text_digest, splitter_version, feed, name, revision, priority, "
        "text_layer, "
        "known_at, notices) SELECT u.id, d.id, u.text_digest, u.version::integer, u.feed, u.name, u.revision::integer, "
        "u.priority::integer, u.layer::integer, u.time, u.notices FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], "
        "$4::bigint[], "
        "$5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[]) "
        "u(id, document, text_digest, version, feed, name, revision, priority, layer, time, notices) "
        "JOIN @_document d ON d.digest = u.document "
        "WHERE NOT EXISTS(SELECT 1 FROM @_manifest m WHERE m.manifest_id = u.id) ORDER BY u.id ON CONFLICT DO NOTHING "
        "RETURNING manifest_id, id",
        std::move(parameters));
  }

  // What the newly added manifests list.
  Result<void> ListSections() {
    const PgRows& fresh = AnswerTo(add_manifests_);
    PgArray issue_of(PgType::kBigint), series(PgType::kText), labels(PgType::kText), wholes(PgType::kBigint),
        counts(PgType::kBigint), checksums(PgType::kBigint);
    PgArray section_of(PgType::kBigint), sections(PgType::kBytes);
    for (int i = 0; i < fresh.size(); ++i) {
      stored_events_.Add(fresh.Text(i, 0));
      const auto row = manifests_.find(std::string(fresh.Text(i, 0)));
      if (row == manifests_.end())
        return Fail(ErrorKind::kInternal, "postgresql: the server returned a manifest that was not sent");
      const Manifest& manifest = row->second->manifest;
      JsonWriter notices;
      WriteNotices(notices, manifest.notices);
      for (const ManifestIssue& listed : manifest.issues) {
        issue_of.Add(fresh.Int(i, 1));
        series.Add(listed.issue.series);
        labels.Add(listed.issue.label);
        wholes.Add(static_cast<std::int64_t>(listed.whole));
        counts.Add(static_cast<std::int64_t>(listed.listed));
        checksums.Add(ChecksumOfListing(*row->second, listed, notices.text()));
        for (const ManifestSection& part : listed.sections) {
          section_of.Add(fresh.Int(i, 1));
          sections.Add(part.id.Raw());
        }
      }
    }
    if (issue_of.size() > 0) {
      PgParameters issues;
      issues.Array(std::move(issue_of)).Array(std::move(series)).Array(std::move(labels)).Array(std::move(wholes));
      issues.Array(std::move(counts)).Array(std::move(checksums));
      Add("INSERT INTO @_manifest_issue(manifest, issue, whole, sections, checksum) "
          "SELECT u.manifest::integer, i.id, u.whole::integer, u.sections::integer, u.checksum FROM "
          "unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) "
          "u(manifest, series, label, whole, sections, checksum) "
          "JOIN @_issue i ON i.series = u.series AND i.label = u.label ON CONFLICT DO NOTHING",
          std::move(issues));
    }
    if (section_of.size() > 0) {
      Add("INSERT INTO @_manifest_section(manifest, section) SELECT u.manifest::integer, s.id FROM "
          "unnest($1::bigint[], $2::bytea[]) u(manifest, id) JOIN @_section s ON s.section_id = u.id ON CONFLICT DO "
          "NOTHING",
          PgParameters().Array(std::move(section_of)).Array(std::move(sections)));
    }
    return {};
  }

  // Raises the dirty counters of the issues that the batch touched, and of all issues ever read from its documents. It
  // runs last, because the counters' locks are held until the transaction ends.
  void MarkTouched() {
    std::set<IssueId> issues;
    std::set<std::string> documents;
    for (const SectionRows& rows : batch_.sections) {
      issues.insert(rows.issue);
      documents.emplace(rows.document.Raw());
    }
    for (const ManifestRow& row : batch_.manifests) {
      documents.emplace(row.manifest.document.Raw());
      for (const ManifestIssue& listed : row.manifest.issues) issues.insert(listed.issue);
    }
    if (documents.empty()) return;
    PgArray digests(PgType::kBytes), series(PgType::kText), labels(PgType::kText);
    for (const std::string& digest : documents) digests.Add(digest);
    for (const IssueId& issue : issues) {
      series.Add(issue.series);
      labels.Add(issue.label);
    }
    static const char* const kDocuments =
        "m.document IN (SELECT d.id FROM @_document d WHERE d.digest = ANY($1::bytea[]))";
    static const char* const kIssues =
        "(i.series, i.label) IN (SELECT u.series, u.label FROM unnest($2::text[], $3::text[]) u(series, label))";
    Add(sql::Touch(consumer_, kDocuments, kIssues),
        PgParameters().Array(std::move(digests)).Array(std::move(series)).Array(std::move(labels)));
  }

  PgConnection& db_;
  PgBatch next_;                 // statements waiting to be sent
  std::vector<PgRows> answers_;  // to the statements sent last
  const PgRows no_rows_;
  std::vector<std::pair<std::size_t, std::int64_t>> moves_;  // statements and how many offsets each must move
  std::optional<std::size_t> add_sections_, add_stored_, add_manifests_;
  std::size_t sections_ = 0;                                        // in the batch or listed in it
  std::map<std::pair<std::string, int>, const SectionRows*> came_;  // by id and normaliser version
  std::map<std::string, const ManifestRow*> manifests_;             // by id
  PgArray stored_events_{PgType::kBytes};  // ids of sections and manifests that this batch stored first
  const std::string& consumer_;
  const std::string& log_id_;
  const StoreBatch& batch_;
};

}  // namespace

Result<void> WriteBatch(PgConnection& db, const std::string& consumer, const std::string& log_id,
                        const StoreBatch& batch) {
  return BatchWriter(db, consumer, log_id, batch).Write();
}

}  // namespace ytterby
