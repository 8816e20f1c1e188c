// CloudEvents 1.0 attributes as Kafka headers (binary mode).
#pragma once

#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

inline constexpr std::string_view kSectionType = "ytterby.bulletin.section.v1";
inline constexpr std::string_view kDocumentLetterType = "ytterby.bulletin.document-letter.v1";
inline constexpr std::string_view kManifestType = "ytterby.bulletin.document.v1";

struct CloudEvent {
  std::string_view id, source, type, time, subject, dataschema;
};

Headers CloudEventHeaders(const CloudEvent& event);

}  // namespace ytterby
