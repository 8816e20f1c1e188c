// How a normaliser reports what it noticed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// A finding about the section's bytes at `spans`, which become its printed value. `concerns` is the natural key of the
// record it is about; if empty, the finding is about the section.
Finding FindingAt(const Section& section, std::string check, std::string severity, std::string message,
                  const std::vector<Span>& spans, std::optional<std::string> expected = {},
                  std::string_view concerns = {});

}  // namespace ytterby
