// ytterby store migrate|show.
#include <fmt/format.h>

#include "ops/cli/context.hpp"
#include "schemas/sql/migrations.hpp"

namespace ytterby::cli {
namespace {

Result<int> OpenAndTell(const CommonFlags& flags, bool migrate) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_ASSIGN(store, OpenStore(config, !migrate, Lifetime::kOneShot));
  fmt::print("store {}: id {}, schema {}, as this program has it\n", config.StoreUrl(), store->Id(), Migrations().back().number);
  return 0;
}

}  // namespace

void AddStore(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* store = app.add_subcommand("store", "the store's tables: make or migrate them, show their schema");
  store->require_subcommand(1);
  CLI::App* migrate = store->add_subcommand("migrate", "make the tables, or bring them up to this program's schema");
  CLI::App* show = store->add_subcommand("show", "print the store's id and schema; 78 where it is older or newer than this program's");
  AddCommonFlags(*migrate, *flags);
  AddCommonFlags(*show, *flags);
  for (CLI::App* command : {store, migrate, show}) {
    command->footer(
        "Examples:\n"
        "  ytterby store migrate --store postgresql://ytterby_owner@127.0.0.1/ytterby\n"
        "  ytterby store show --data-dir data\n"
        "Every command that writes does this by itself where its role may make tables. Where it may not (ops/postgres/roles.sql), run\n"
        "`store migrate` as the owner before the new program starts.");
  }
  commands.push_back({migrate, [flags] { return OpenAndTell(*flags, true); }});
  commands.push_back({show, [flags] { return OpenAndTell(*flags, false); }});
}

}  // namespace ytterby::cli
