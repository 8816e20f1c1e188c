// Why a document is not taken. Shared by everything that looks at a document's bytes or text.
#pragma once

#include <string>

#include "common/result.hpp"

namespace ytterby {

enum class RejectReason {
  kEmpty,
  kBinary,
  kUnknownEncoding,
  kTooLarge,
  kNoBulletin,
  kNoIssue,
  kUnreadable,
  kVanished,
  kBroken,  // a parser threw: a bug of ours, or more than it can hold
};
const char* RejectName(RejectReason reason);  // empty, binary, unknown-encoding, …

struct Rejection {
  RejectReason reason;
  std::string message;  // place and cause; the caller adds the file's name
};

// The rejection for a document whose bytes could not be read, from the error of Feed::Read or ReadFile. `path`, where
// the message begins with it, is left out.
Rejection RejectionOf(const Error& error, const std::string& path = {});

}  // namespace ytterby
