// Documents that are not taken, and why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"

namespace ytterby {

// Why a document is no bulletin we can take.
enum class RejectReason {
  kEmpty,
  kBinary,
  kUnknownEncoding,
  kTooLarge,
  kNoBulletin,
  kNoIssue,
  kUnreadable,
  kVanished,
};
const char* RejectName(RejectReason reason);  // empty, binary, unknown-encoding, …

struct Rejection {
  RejectReason reason;
  std::string message;  // place and cause; the caller adds the file
};

// A web page's mark-up, which is seen before anything is read; nullopt where the text is none.
std::optional<Rejection> RefuseMarkup(std::string_view text);
// A text of another kind, seen by its lines and its closing marks; nullopt for a bulletin.
std::optional<Rejection> RefuseOtherText(std::string_view text, const LineTable& table, const std::vector<SourceMark>& marks);

}  // namespace ytterby
