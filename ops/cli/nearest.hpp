// What an unknown subcommand was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ytterby::cli {

// The name of the list that takes the fewest changes of a character; empty where none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& names);

// `unknown command exprot; did you mean export?`, also of commands within commands; empty where that is not what is
// wrong.
std::string ExplainUnknownCommand(const CLI::App& app, int argc, const char* const* argv);

}  // namespace ytterby::cli
