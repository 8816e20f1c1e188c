// Suggestions for mistyped commands and options.
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

// `unknown command exprot; did you mean export?` or `unknown option --data-dr; did you mean --data-dir?`, also for
// nested commands; empty if all of them are known.
std::string ExplainUnknown(const CLI::App& app, int argc, const char* const* argv);

}  // namespace ytterby::cli
