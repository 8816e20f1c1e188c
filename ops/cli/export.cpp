// ytterby export: records of the current view.
#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "consumers/current_view.hpp"
#include "ops/cli/context.hpp"

namespace ytterby::cli {
namespace {

struct ExportFlags {
  CommonFlags common;
  std::string kind, format = "ndjson", output;
  bool known_at = false;
};

const std::vector<std::string>& Columns(RecordKind kind) {
  static const std::map<RecordKind, std::vector<std::string>> columns = {
      {RecordKind::kArticle, {"ordinal", "category", "title", "source", "body", "section", "coverage", "document_span", "text"}},
      {RecordKind::kPrice,
       {"product", "as_printed", "purity", "statistic", "period", "value", "unit", "cny_per_kg", "change_pct", "change_basis",
        "change_yoy_pct", "where", "repaired", "seller"}},
      {RecordKind::kIndex,
       {"index", "where", "period", "mean", "high", "high_date", "low", "low_date", "spread", "fluctuation_pct", "date", "value"}},
      {RecordKind::kPatent, {"title", "publication_number", "kind", "publication_date", "inventors", "abstract", "source"}},
      {RecordKind::kPatentTitle, {"ordinal", "title"}},
      {RecordKind::kPolicy, {"title", "issuers", "document_number", "kind", "issued", "effective", "region", "article_title"}},
      {RecordKind::kQuota, {"year", "batch", "group", "category", "tonnes", "where"}},
      {RecordKind::kStandard, {"number", "title", "replaces", "revision"}},
      {RecordKind::kJournalTitle, {"ordinal", "journal", "title"}},
      {RecordKind::kFinding, {"check", "severity", "message", "concerns", "expected", "printed"}},
  };
  return columns.at(kind);
}

// RFC 4180: quotes where a comma, a quote or a line end stands in the value.
std::string CsvField(std::string_view value) {
  if (value.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(value);
  std::string quoted = "\"";
  for (char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// Strings as they are, null as nothing, everything else as its JSON text.
std::string CsvLine(simdjson::dom::parser& parser, const std::string& json, const std::vector<std::string>& columns) {
  const simdjson::dom::element record = parser.parse(json);
  std::string line;
  for (const std::string& column : columns) {
    if (!line.empty() || &column != &columns.front()) line += ',';
    simdjson::dom::element value;
    if (record[column].get(value) != simdjson::SUCCESS || value.is_null()) continue;
    if (value.is_string()) {
      line += CsvField(std::string_view(value));
    } else {
      line += CsvField(simdjson::minify(value));
    }
  }
  return line;
}

struct FileClose {
  void operator()(std::FILE* file) const {
    if (file != stdout) std::fclose(file);
  }
};

Result<void> ExportKind(Store& store, RecordKind kind, const ExportFlags& flags, std::FILE* out) {
  std::vector<std::string> columns = {"issue", "series", "id"};
  columns.insert(columns.end(), Columns(kind).begin(), Columns(kind).end());
  if (flags.known_at) columns.push_back("known_at");
  columns.push_back("provenance");
  simdjson::dom::parser parser;
  if (flags.format == "csv") {
    std::string header;
    for (const std::string& column : columns) header += (header.empty() ? "" : ",") + column;
    std::fprintf(out, "%s\r\n", header.c_str());
  }
  bool failed = false;
  YT_CHECK(ForEachRecord(store, kind, [&](const ViewRecord& record) {
    std::string line = ExportLine(record, flags.known_at);
    if (flags.format == "csv") line = CsvLine(parser, line, columns) + "\r";
    line += '\n';
    failed = std::fwrite(line.data(), 1, line.size(), out) != line.size() || failed;
  }));
  if (failed || std::fflush(out) != 0) {
    if (errno == EPIPE) std::_Exit(0);  // whoever reads has enough (`| head`)
    return Fail(ErrorKind::kIo, "the export could not be written");
  }
  return {};
}

Result<int> Export(const ExportFlags& flags) {
  std::vector<RecordKind> kinds;
  if (flags.kind == "all") {
    kinds = AllRecordKinds();
    if (flags.output.empty()) return Fail(ErrorKind::kUsage, "export all needs --output FOLDER, one file a kind");
  } else if (const auto kind = KindFromExportName(flags.kind)) {
    kinds = {*kind};
  } else {
    std::string names;
    for (RecordKind known : AllRecordKinds()) names += " " + std::string(ExportName(known));
    return Fail(ErrorKind::kUsage, fmt::format("no kind {}; kinds are: all{}", flags.kind, names));
  }
  if (flags.format != "ndjson" && flags.format != "csv")
    return Fail(ErrorKind::kUsage, fmt::format("no format {}: ndjson or csv", flags.format));
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, true, Lifetime::kOneShot));
  YT_CHECK(store->HoldSnapshot());  // all kinds of one moment
  for (RecordKind kind : kinds) {
    std::unique_ptr<std::FILE, FileClose> out(stdout);
    if (!flags.output.empty()) {
      std::filesystem::path path = flags.output;
      if (flags.kind == "all") {
        std::error_code ec;
        std::filesystem::create_directories(path, ec);
        path /= std::string(ExportName(kind)) + "." + flags.format;
      }
      out.reset(std::fopen(path.c_str(), "wb"));
      if (!out) return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(errno)));
    }
    YT_CHECK(ExportKind(*store, kind, flags, out.get()));
  }
  return 0;
}

}  // namespace

void AddExport(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand("export", "records of the current view");
  command
      ->add_option("KIND", flags->kind,
                   "sections, prices, indices, patents, patent-titles, policies, quotas, standards, journal-titles, findings, or all")
      ->required();
  command->add_option("--format", flags->format, "ndjson (one JSON object a line) or csv")->capture_default_str();
  command->add_option("--output", flags->output, "file instead of stdout; with `all` a folder");
  command->add_flag("--with-known-at", flags->known_at, "add known_at, when the log took the section (differs from run to run)");
  AddCommonFlags(*command, flags->common);
  command->footer(
      "Examples:\n"
      "  ytterby export prices --data-dir data | head -3\n"
      "  ytterby export all --data-dir data --output out --format csv\n"
      "The same bytes under the same names, each name's contents in the same sequence, give the same export, whatever the log, the\n"
      "store or the day.");
  commands.push_back({command, [flags] { return Export(*flags); }});
}

}  // namespace ytterby::cli
