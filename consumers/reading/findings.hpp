// How a normaliser says that it noticed something.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// A finding about the bytes at `spans` of the section, which become its printed value. `concerns` is the natural key of
// the record it is about; without one it is about the section.
Finding FindingAt(const Section& section, std::string check, std::string severity, std::string message,
                  const std::vector<Span>& spans, std::optional<std::string> expected = {},
                  std::string_view concerns = {});

}  // namespace ytterby
