// ytterby documents verify.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <set>

#include "common/data_folder.hpp"
#include "common/db/sqlite.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/documents/archive.hpp"

namespace ytterby::cli {
namespace {

constexpr int kPage = 500;

// A line for each problem of the delivery records, then of the archived bytes.
Result<std::vector<std::string>> FindDamage(const Config& config, std::int64_t& documents) {
  const DataFolder folder(config.data_dir);
  if (!std::filesystem::exists(folder.deliveries())) {
    if (std::filesystem::exists(folder.archive()) || std::filesystem::exists(folder.log()))
      return std::vector{folder.deliveries().string() + ": lost; what was delivered is not known without it"};
    return Fail(ErrorKind::kNoInput, folder.deliveries().string() + ": there is no archive yet", Part::kArchive);
  }
  YT_ASSIGN(lines, FindDamageInFile(folder.deliveries()));
  if (!lines.empty()) return lines;
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  YT_ASSIGN(counts, archive->Count());
  Progress progress;
  std::set<std::string> seen;
  for (std::int64_t after = 0;;) {
    YT_ASSIGN(page, archive->All(after, kPage));
    if (page.empty()) break;
    for (const Delivery& delivery : page) {
      after = delivery.id;
      if (!seen.insert(delivery.digest.Hex()).second) continue;
      ++documents;
      progress.Show(fmt::format("{} of {} documents verified", documents, counts.documents));
      const auto bytes = archive->files().Read(delivery.digest);
      if (!bytes && bytes.error().kind == ErrorKind::kTryLater) return tl::unexpected<Error>(bytes.error());
      if (!bytes) lines.push_back(fmt::format("{} / {}: {}", delivery.feed, delivery.name, bytes.error().message));
    }
  }
  progress.Clear();
  return lines;
}

Result<int> Verify(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  std::int64_t documents = 0;
  YT_ASSIGN(damage, FindDamage(config, documents));
  for (const std::string& line : damage) Say("{}\n", line);
  if (damage.empty()) {
    Say("archive in {}: {} documents, no damage found\n", config.data_dir, documents);
    return 0;
  }
  Say("\nA document is archived again when a feed delivers it again: put the file back into its folder, or run\n"
      "`ytterby ingest` on it. Restore damaged delivery records from a backup (runbook, \"A damaged file\").\n");
  return ExitCode(ErrorKind::kDamaged);
}

}  // namespace

void AddDocuments(Program& program) {
  CLI::App* documents = program.app.add_subcommand("documents", "look for damage in the archive");
  documents->require_subcommand(1);
  CLI::App* verify = documents->add_subcommand(
      "verify", "read every archived document and compare it with its digest; one line for each problem (74)");
  for (CLI::App* command : {documents, verify}) {
    AddCommonFlags(*command, *program.flags);
    command->footer(
        "Example:\n"
        "  ytterby documents verify --data-dir data\n"
        "Changes nothing, and may run beside other processes.");
  }
  program.commands.push_back({verify, [flags = program.flags] { return Verify(*flags); }});
}

}  // namespace ytterby::cli
