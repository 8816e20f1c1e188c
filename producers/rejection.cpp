#include "producers/rejection.hpp"

namespace ytterby {

const char* RejectName(RejectReason reason) {
  switch (reason) {
    case RejectReason::kEmpty:
      return "empty";
    case RejectReason::kBinary:
      return "binary";
    case RejectReason::kUnknownEncoding:
      return "unknown-encoding";
    case RejectReason::kTooLarge:
      return "too-large";
    case RejectReason::kNoBulletin:
      return "no-bulletin";
    case RejectReason::kNoIssue:
      return "no-issue-number";
    case RejectReason::kUnreadable:
      return "unreadable";
    case RejectReason::kVanished:
      return "vanished";
    case RejectReason::kBroken:
      return "parser-failed";
  }
  return "";
}

Rejection RejectionOf(const Error& error, const std::string& path) {
  std::string cause = error.message;
  if (const std::string prefix = path + ": "; !path.empty() && cause.starts_with(prefix)) cause.erase(0, prefix.size());
  switch (error.kind) {
    case ErrorKind::kNoInput:
      return {RejectReason::kVanished, std::move(cause)};
    case ErrorKind::kBadData:
      return {RejectReason::kTooLarge, std::move(cause)};
    default:
      return {RejectReason::kUnreadable, std::move(cause)};
  }
}

}  // namespace ytterby
