// ytterby export: records of the current view.
#include <fmt/format.h>
#include <re2/re2.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "common/text/utf8.hpp"
#include "consumers/views/export.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/issues.hpp"
#include "ops/cli/output_file.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby::cli {
namespace {

struct ExportFlags {
  std::string kind, format = "ndjson", output, issue, product, period;
  bool known_at = false;
};

Result<std::vector<RecordKind>> KindsOf(const ExportFlags& flags) {
  if (flags.kind == "all") {
    if (flags.output.empty())
      return Fail(ErrorKind::kUsage, "export all needs --output FOLDER and writes one file per kind");
    return AllRecordKinds();
  }
  if (const auto kind = KindFromExportName(flags.kind)) return std::vector<RecordKind>{*kind};
  std::string names;
  for (RecordKind known : AllRecordKinds()) names += " " + std::string(ExportName(known));
  return Fail(ErrorKind::kUsage, fmt::format("unknown kind {}; kinds are: all{}", flags.kind, names));
}

// A filter that no record of the kind can match is a mistake.
Result<void> CheckFilters(const ExportFlags& flags, const std::vector<RecordKind>& kinds) {
  const std::pair<const char*, const std::string*> filters[] = {{"product", &flags.product}, {"period", &flags.period}};
  for (const auto& [field, value] : filters) {
    if (value->empty()) continue;
    for (RecordKind kind : kinds) {
      if (!HasField(kind, field))
        return Fail(ErrorKind::kUsage, fmt::format("--{}: {} have no {}", field, ExportName(kind), field));
    }
  }
  static const RE2 kPeriod(R"(\d{4}(-\d\d(-\d\d)?|-Q[1-4])?)");
  if (!flags.period.empty() && !RE2::FullMatch(flags.period, kPeriod)) {
    return Fail(ErrorKind::kUsage, fmt::format("--period {}: a month, day, quarter or year: 2024-01, 2024-01-31, "
                                               "2024-Q1, 2024",
                                               PlainText(flags.period)));
  }
  if (!flags.product.empty() && !IsProductId(flags.product)) {
    return Fail(ErrorKind::kUsage,
                fmt::format("unknown product {}; products are: {}", flags.product, fmt::join(ProductIds(), " ")));
  }
  return {};
}

Result<OutputFile> OpenOutput(const ExportFlags& flags, RecordKind kind) {
  std::filesystem::path path = flags.output;
  if (flags.kind == "all") {
    std::error_code ec;
    std::filesystem::create_directories(path, ec);
    path /= std::string(ExportName(kind)) + "." + flags.format;
  }
  return OutputFile::Open(path);
}

Result<int> Export(const CommonFlags& common, const ExportFlags& flags) {
  YT_ASSIGN(kinds, KindsOf(flags));
  YT_CHECK(CheckFilters(flags, kinds));
  ExportOptions options;
  options.format = flags.format == "csv" ? ExportFormat::kCsv : ExportFormat::kNdjson;
  options.known_at = flags.known_at;
  if (!flags.issue.empty()) options.issue = flags.issue;
  if (!flags.product.empty()) options.product = flags.product;
  if (!flags.period.empty()) options.period = flags.period;
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(snapshot, store->OpenSnapshot());  // one snapshot for all kinds
  YT_CHECK(CheckIssue(*snapshot, flags.issue));
  for (RecordKind kind : kinds) {
    YT_ASSIGN(out, OpenOutput(flags, kind));
    YT_CHECK(ExportRecords(*snapshot, kind, options, [&out = out](std::string_view line) { out.Write(line); }));
    out.Commit();
  }
  return 0;
}

}  // namespace

void AddExport(Program& program) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = program.app.add_subcommand("export", "print the records of the current view");
  command
      ->add_option("KIND", flags->kind,
                   "sections, prices, indices, patents, patent-titles, policies, quotas, standards, journal-titles, "
                   "findings, or all")
      ->required();
  command->add_option("--issue", flags->issue, "only this issue (YYYY-NN)");
  command->add_option("--product", flags->product, "prices: only this product, e.g. dysprosium-oxide");
  command->add_option("--period", flags->period, "prices, indices: only this period, e.g. 2024-01");
  command->add_option("--format", flags->format, "ndjson (one JSON object per line) or csv")
      ->check(CLI::IsMember({"ndjson", "csv"}))
      ->capture_default_str();
  command->add_option(
      "--output", flags->output,
      "write to this file instead of stdout; with `all`, to this folder. Replaces an earlier export only");
  command->add_flag("--with-known-at", flags->known_at,
                    "add known_at, the time when the log accepted the section (differs from run to run)");
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby export prices --product dysprosium-oxide --data-dir data\n"
      "  ytterby export prices --issue 2024-01 --format csv --data-dir data\n"
      "  ytterby export all --data-dir data --output out --format csv\n"
      "The same contents under the same names, in the same sequence for each name, give the same export,\n"
      "whatever the log, the store or the day. Decimals are strings, as on the record topics.");
  program.commands.push_back({command, [common = program.flags, flags] { return Export(*common, *flags); }});
}

}  // namespace ytterby::cli
