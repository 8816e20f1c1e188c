// Why a document is rejected. Shared by all code that examines a document's bytes or text.
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
  kBroken,  // a parser threw: a bug of ours, or more than it can handle
};
const char* RejectName(RejectReason reason);  // empty, binary, unknown-encoding, …

struct Rejection {
  RejectReason reason;
  std::string message;  // place and cause; the caller adds the file's name
};

// Turns an error of Feed::Read or ReadFile into the rejection of the document that could not be read. If the message
// begins with `path`, that is left out.
Rejection RejectionOf(const Error& error, const std::string& path = {});

}  // namespace ytterby
