// The Document event on bulletin.documents: what one delivery held, appended after all its sections are acknowledged.
#pragma once

#include <string>
#include <vector>

#include "schemas/events/section.hpp"

namespace ytterby {

struct ManifestSection {
  SectionId id;
  Category category = Category::kIndustryNews;
  int ordinal = 0;
};

struct ManifestIssue {
  IssueId issue;
  bool whole = true;  // the splitter found nothing cut off
  std::vector<ManifestSection> sections;
  int listed = -1;  // how many sections the event lists, of all categories; -1: not known. Set by DecodeManifest
};

struct Manifest {
  ManifestId id;
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  std::string feed;
  std::string name;
  int revision = 1;
  int priority = 0;
  std::string fetched_at;  // RFC 3339; information only; no view uses it
  bool text_layer = true;  // a PDF's text layer; false for OCR
  std::string encoding;
  std::vector<ManifestIssue> issues;
  std::vector<Notice> notices;  // of the document as a whole
};

ManifestId MakeManifestId(const Manifest& manifest);
OutgoingRecord EncodeManifest(const Manifest& manifest);
Result<Manifest> DecodeManifest(const LogRecord& record);

}  // namespace ytterby
