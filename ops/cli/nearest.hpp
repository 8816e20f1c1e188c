// Suggestions for mistyped subcommands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ytterby::cli {

// The name with the fewest character edits from `word`; empty if none is close.
std::string Nearest(std::string_view word, const std::vector<std::string>& names);

// `unknown command exprot; did you mean export?`, also for nested commands; empty if no command is unknown.
std::string ExplainUnknownCommand(const CLI::App& app, int argc, const char* const* argv);

}  // namespace ytterby::cli
