// The event on bulletin.documents.dlq: a document that the log would not accept. Its bytes are in the archive under its
// digest.
#pragma once

#include <string>

#include "common/digest.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

struct DocumentLetter {
  DocumentDigest document;
  std::string feed, name;
  int revision = 1;
  std::string reason;
};

// A repeated letter has the ce_id of the first. `time`: RFC 3339, when the document was fetched.
OutgoingRecord EncodeDocumentLetter(const DocumentLetter& letter, std::string_view time);

}  // namespace ytterby
