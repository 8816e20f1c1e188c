// The numbered migrations of the store, built into the program. Tokens: @text@, @blob@, @id@ are the dialect's types,
// @server@ begins a line that is only for a server, @consumer@ is the name of a consumer; a file whose first line is
// `-- per consumer` runs once per consumer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ytterby {

struct Migration {
  int number;
  std::string_view name;  // 0001_common
  std::string_view sql;
};

struct SqlDialect {
  std::string_view text, blob, id;
  bool server;
};

const std::vector<Migration>& Migrations();
// The statements of a migration for one dialect and all consumers.
std::string ExpandMigration(const Migration& migration, const SqlDialect& dialect,
                            const std::vector<std::string>& consumers);

}  // namespace ytterby
