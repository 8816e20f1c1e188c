#include "ops/cli/nearest.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace ytterby::cli {
namespace {

// Levenshtein's distance.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t cost = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({cost, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row[b.size()];
}

std::vector<std::string> NamesOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(one->get_name());
  return names;
}

std::string UnknownOption(const CLI::App& app, const std::string& name) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
  }
  const std::string nearest = Nearest(name, known);
  return fmt::format("unknown option {}{}", name, nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& names) {
  const auto nearest = std::min_element(
      names.begin(), names.end(), [&](const auto& a, const auto& b) { return Distance(word, a) < Distance(word, b); });
  if (nearest == names.end() || Distance(word, *nearest) > std::max<std::size_t>(2, word.size() / 2)) return "";
  return *nearest;
}

std::string ExplainUnknown(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::string> names = NamesOf(*at);
    const std::string word = argv[i];
    if (word == "--") return "";
    if (word.size() > 1 && word.starts_with('-')) {
      // Skip the value of a flag.
      const std::string name = word.substr(0, word.find('='));
      const CLI::Option* option = at->get_option_no_throw(name);
      if (!option) return UnknownOption(*at, name);
      if (option->get_items_expected_min() > 0 && word.find('=') == std::string::npos) ++i;
      continue;
    }
    if (names.empty()) continue;  // an argument of the command
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      const std::string nearest = Nearest(word, names);
      const std::string command = path + word;
      if (!nearest.empty()) return fmt::format("unknown command {}; did you mean {}{}?", command, path, nearest);
      return fmt::format("unknown command {}; commands are: {}", command, fmt::join(names, ", "));
    }
    at = at->get_subcommand(word);
    path += word + " ";
  }
  return "";
}

}  // namespace ytterby::cli
