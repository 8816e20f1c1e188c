// Expected failures are values: Result<T> carries either a T or an Error with a kind and a sentence for a person.
// Exceptions are left for bugs.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ytterby {

// What a failure means to the caller. Each kind maps to one exit code of sysexits.h (see ExitCode).
enum class ErrorKind {
  kUsage,          // the command line is wrong
  kBadData,        // input that can never be processed as it is
  kNoInput,        // a named input does not exist
  kUnavailable,    // a service does not answer; trying again may help
  kInternal,       // a broken promise inside the program
  kIo,             // disk or file system refused
  kTryLater,       // somebody else holds what we need, or time ran out
  kConfiguration,  // settings or topics that must be mended by a person
  kConflict,       // another member moved the offset first; discard and read the stored position again
};

struct Error {
  ErrorKind kind;
  std::string message;  // names file, place and cause; no trailing full stop, no newline
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message) { return tl::unexpected<Error>(Error{kind, std::move(message)}); }

// The exit code of sysexits.h for a failure that ends the program.
inline int ExitCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return 64;
    case ErrorKind::kBadData:
      return 65;
    case ErrorKind::kNoInput:
      return 66;
    case ErrorKind::kUnavailable:
      return 69;
    case ErrorKind::kInternal:
      return 70;
    case ErrorKind::kIo:
      return 74;
    case ErrorKind::kTryLater:
      return 75;
    case ErrorKind::kConflict:
      return 75;
    case ErrorKind::kConfiguration:
      return 78;
  }
  return 70;
}

}  // namespace ytterby

// Returns the error of a Result<void> expression to the caller.
#define YT_CHECK(expression)                                                 \
  do {                                                                       \
    if (auto yt_result = (expression); !yt_result) {                         \
      return tl::unexpected<::ytterby::Error>(std::move(yt_result).error()); \
    }                                                                        \
  } while (false)

#define YT_CONCAT_INNER(a, b) a##b
#define YT_CONCAT(a, b) YT_CONCAT_INNER(a, b)
// Declares `variable` from a Result expression, or returns its error to the caller.
#define YT_ASSIGN(variable, expression) YT_ASSIGN_IMPL(variable, expression, YT_CONCAT(yt_assigned_, __LINE__))
#define YT_ASSIGN_IMPL(variable, expression, temporary)                    \
  auto temporary = (expression);                                           \
  if (!temporary) {                                                        \
    return tl::unexpected<::ytterby::Error>(std::move(temporary).error()); \
  }                                                                        \
  auto variable = std::move(*temporary)
