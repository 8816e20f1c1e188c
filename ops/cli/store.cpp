// ytterby store migrate|show|check|adopt.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "consumers/stores/sqlite_home.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "schemas/sql/migrations.hpp"

namespace ytterby::cli {
namespace {

Result<int> OpenAndShow(const CommonFlags& flags, bool migrate) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_ASSIGN(store, OpenStore(config, !migrate));
  Say("store {}: id {}, schema {} (current)\n", config.StoreUrl(), store->Id(), Migrations().back().number);
  return 0;
}

Result<int> Adopt(const CommonFlags& flags, bool copy) {
  YT_ASSIGN(config, LoadConfig(flags));
  const std::string url = config.StoreUrl();
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite))
    return Fail(ErrorKind::kUsage, url + ": a server's store lives where its URL says; there is nothing to adopt");
  YT_CHECK(AdoptStore(url.substr(kSqlite.size()), copy ? Adoption::kCopy : Adoption::kMoved));
  YT_ASSIGN(store, OpenStore(config, true));
  Say("store {}: lives here now, id {}{}\n", url, store->Id(), copy ? " (new)" : "");
  return 0;
}

Result<int> Check(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_ASSIGN(password, StorePassword(config));
  YT_ASSIGN(damage, UntilAnswered(PatienceOf(config), [&] { return FindDamage(config.StoreUrl(), password); }));
  if (damage.empty()) {
    Say("store {}: no damage found\n", config.StoreUrl());
    return 0;
  }
  for (const std::string& line : damage) Say("{}\n", line);
  Say("\nThe store can be rebuilt from the log: stop the processes that use it, move the file away with its\n"
      "-wal and -shm files, and start the processes again; `ytterby status` shows the progress. `ytterby\n"
      "produce --refill` restores from the archive what the log no longer has. The rebuilt store has\n"
      "another id: if the old one owned the record topics, run `ytterby topics adopt`.\n");
  return ExitCode(ErrorKind::kDamaged);
}

}  // namespace

void AddStore(Program& program) {
  CLI::App* store = program.app.add_subcommand(
      "store", "create or migrate the store's tables, show their schema, look for damage, adopt a moved store");
  store->require_subcommand(1);
  CLI::App* migrate = store->add_subcommand("migrate", "create the tables, or bring them up to this program's schema");
  CLI::App* show = store->add_subcommand(
      "show", "print the store's id and schema; 78 if the schema is older or newer than this program's");
  CLI::App* check =
      store->add_subcommand("check", "look for damage; if there is any, say how to rebuild the store (74)");
  CLI::App* adopt = store->add_subcommand("adopt",
                                          "confirm where the store file is now, after it was moved or copied; until "
                                          "then commands on brokers refuse it (78)");
  const auto copy = std::make_shared<bool>(false);
  adopt->add_flag("--copy", *copy, "the original stays in use: give this copy an id of its own");
  for (CLI::App* command : {store, migrate, show, check, adopt}) {
    AddCommonFlags(*command, *program.flags);
    command->footer(
        "Examples:\n"
        "  ytterby store migrate --store postgresql://ytterby_owner@127.0.0.1/ytterby\n"
        "  ytterby store show --data-dir data\n"
        "  ytterby store check --data-dir data\n"
        "  ytterby store adopt --data-dir data\n"
        "Every command that writes also migrates, if its role may create tables. If it may not\n"
        "(ops/postgres/roles.sql), run `store migrate` as the owner before the new program starts.");
  }
  program.commands.push_back({migrate, [flags = program.flags] { return OpenAndShow(*flags, true); }});
  program.commands.push_back({show, [flags = program.flags] { return OpenAndShow(*flags, false); }});
  program.commands.push_back({adopt, [flags = program.flags, copy] { return Adopt(*flags, *copy); }});
  program.commands.push_back({check, [flags = program.flags] { return Check(*flags); }});
}

}  // namespace ytterby::cli
