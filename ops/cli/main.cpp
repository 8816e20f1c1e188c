// The program: a list of subcommands. Results go to stdout, everything else to stderr.
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "common/log_format.hpp"
#include "common/version.hpp"
#include "consumers/normaliser.hpp"
#include "ops/cli/flags.hpp"
#include "ops/cli/nearest.hpp"
#include "ops/cli/say.hpp"
#include "ops/cli/signals.hpp"
#include "ops/cli/subcommands.hpp"
#include "producers/sections/splitter.hpp"

using namespace ytterby;
using namespace ytterby::cli;

namespace {

// A reader that closes the pipe early (`| head`) ends a listing quietly; any other error on stdout is reported.
int CodeOfOutput(const std::error_code& code) {
  if (code == std::errc::broken_pipe) return 0;
  SayError("ytterby: stdout: {}\n", code.message());
  return ExitCode(ErrorKind::kIo);
}

int Run(const Program& program) {
  for (const Subcommand& command : program.commands) {
    if (!command.app->parsed()) continue;
    const Result<int> result = command.action();
    errno = 0;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return CodeOfOutput({errno != 0 ? errno : EIO, std::generic_category()});
    }
    if (result) return *result;
    SayError("ytterby: {}\n", result.error().message);
    return ExitCode(result.error().kind);
  }
  return ExitCode(ErrorKind::kUsage);
}

// A file that is opened later must not take the number of a stream that the caller closed, and receive what is printed
// there. What goes to a closed stdout is an error, as on a full device.
void OpenStandardStreams() {
  const std::pair<int, const char*> streams[] = {
      {STDIN_FILENO, "/dev/null"}, {STDOUT_FILENO, "/dev/full"}, {STDERR_FILENO, "/dev/null"}};
  for (const auto& [number, file] : streams) {
    if (fcntl(number, F_GETFD) == -1 && errno == EBADF) (void)open(file, O_RDWR);  // takes the lowest free number
  }
}

// The program's version, and those of the rules: where one of these has risen, documents read before may read
// differently now.
std::string VersionText() {
  std::string text = fmt::format("ytterby {}\nrules: splitter {}", kVersion, kSplitterVersion);
  for (const Normaliser& normaliser : Normalisers())
    text += fmt::format(", {} {}", normaliser.consumer, normaliser.version);
  return text;
}

// Where no code can carry on without memory, the process ends in order: what it has not committed it does again.
[[noreturn]] void EndProcess() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view kMessage = "ytterby: out of memory\n";
    (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
    std::_Exit(ExitCode(ErrorKind::kTryLater));
  } catch (...) {
  }
  std::abort();
}

}  // namespace

int main(int argc, char** argv) try {
  // Loads what unwinding needs while there is memory for it: later the C library would abort.
  void* frame = nullptr;
  (void)backtrace(&frame, 1);
  std::set_terminate(&EndProcess);
  OpenStandardStreams();
  IgnoreOtherSignals();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("ytterby", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  SetLogFormat("logfmt", "info");

  CLI::App app{
      "Turns rare-earth bulletins into trusted rows: from feeds to topics, from topics to a store, every value with "
      "the bytes it came from.",
      "ytterby"};
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  ytterby ingest bulletins/ --data-dir data        read files, wait until their rows are stored\n"
      "  ytterby export prices --data-dir data            the current prices, one JSON object per line\n"
      "  ytterby run --config ytterby.yaml                watch feeds until stopped\n"
      "  ytterby status --data-dir data                   what is there, what is missing\n"
      "`ytterby COMMAND --help` explains each.\n\n"
      "Exit codes: 0 ok, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal, 74 I/O, 75 try later, 78 "
      "configuration.");
  Program program{app, std::make_shared<CommonFlags>()};
  AddCommonFlags(app, *program.flags, true);
  AddIngest(program);
  AddRun(program);
  AddProduce(program);
  AddConsume(program);
  AddExport(program);
  AddExplain(program);
  AddEditions(program);
  AddFeeds(program);
  AddFindings(program);
  AddStatus(program);
  AddDeadLetters(program);
  AddTopics(program);
  AddStore(program);
  AddDocuments(program);
  AddConfig(program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      const std::string unknown = ExplainUnknown(app, argc, argv);
      SayError("ytterby: {}\nRun with --help for more information.\n", unknown.empty() ? error.what() : unknown);
      return ExitCode(ErrorKind::kUsage);
    }
    app.exit(error);  // --help, --version
    std::fflush(stdout);
    return std::ferror(stdout) != 0 ? CodeOfOutput({errno != 0 ? errno : EIO, std::generic_category()}) : 0;
  }
  return Run(program);
} catch (const std::filesystem::filesystem_error& error) {
  SayError("ytterby: {}: {}\n", error.path1().string(), error.code().message());
  return ExitCode(ErrorKind::kIo);
} catch (const std::system_error& error) {
  if (std::ferror(stdout) != 0) {
    std::fclose(stdout);  // discards what is buffered
    return CodeOfOutput(error.code());
  }
  // The system has no thread or no memory left for this process.
  const bool scarce =
      error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
  SayError("ytterby: {}{}\n", scarce ? "no more threads or memory: " : "", error.what());
  return ExitCode(scarce ? ErrorKind::kTryLater : ErrorKind::kIo);
} catch (const std::bad_alloc&) {
  SayError("ytterby: out of memory\n");
  return ExitCode(ErrorKind::kTryLater);
} catch (const std::exception& error) {
  SayError("ytterby: internal error: {}\n", error.what());
  return 70;
}
