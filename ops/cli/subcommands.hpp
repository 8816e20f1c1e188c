// The list of subcommands. Each has its own file; it adds itself to the program and runs if it is chosen.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/result.hpp"

namespace CLI {
class App;
}

namespace ytterby::cli {

struct CommonFlags;

struct Subcommand {
  CLI::App* app;
  std::function<Result<int>()> action;  // the exit code
};

// What a subcommand adds itself to. The common flags may come before or after the subcommand's name.
struct Program {
  CLI::App& app;
  std::shared_ptr<CommonFlags> flags;
  std::vector<Subcommand> commands{};
};

void AddIngest(Program& program);
void AddRun(Program& program);
void AddProduce(Program& program);
void AddConsume(Program& program);
void AddExport(Program& program);
void AddExplain(Program& program);
void AddEditions(Program& program);
void AddFeeds(Program& program);
void AddFindings(Program& program);
void AddStatus(Program& program);
void AddDeadLetters(Program& program);
void AddTopics(Program& program);
void AddStore(Program& program);
void AddDocuments(Program& program);
void AddConfig(Program& program);

}  // namespace ytterby::cli
