// Expected failures are values: Result<T> carries either a T or an Error with a kind and a sentence for a person.
// Exceptions are for bugs only.
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
  kInternal,       // a broken invariant inside the program
  kIo,             // the disk or file system failed
  kTryLater,       // another process holds what we need, or time ran out
  kConfiguration,  // settings or topics that a person must fix
  kConflict,       // another member moved the offset first; discard and read the stored position again
  kDamaged,        // a file on disk is corrupt; a person has to rebuild it
};

// The part that an error came from, so that logs, metrics and readiness blame the right one.
enum class Part {
  kNone,     // the program itself, or its input
  kLog,      // Kafka, or the embedded log's file
  kStore,    // PostgreSQL, or the store's file
  kArchive,  // the archive in the data folder
};

// What callers need to know about an error beyond its kind.
enum class Cause {
  kOther,
  kLostToRival,   // a deadlock or serialization failure: repeat the transaction at once
  kLockTimeout,   // another session holds a lock
  kNotPermitted,  // the database role lacks a right
  kOtherBytes,    // the section's id is already stored with different bytes
};

struct Error {
  ErrorKind kind;
  std::string message;  // names file, place and cause; no trailing full stop, no newline
  Part part = Part::kNone;
  Cause cause = Cause::kOther;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message, Part part = Part::kNone,
                                  Cause cause = Cause::kOther) {
  return tl::unexpected<Error>(Error{kind, std::move(message), part, cause});
}

// True for an error that only a person can fix: retrying does not help.
inline bool WaitsForOperator(ErrorKind kind) {
  return kind == ErrorKind::kConfiguration || kind == ErrorKind::kInternal || kind == ErrorKind::kDamaged;
}

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
    case ErrorKind::kDamaged:
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
