// How log lines on stderr look.
#pragma once

#include <string>

namespace ytterby {

// `logfmt`: ts=2024-01-26T08:00:00.000Z level=info msg="…"; `json`: one object a line with the same keys. `level`:
// debug, info, warn, error or off; both were checked with the configuration.
void SetLogFormat(const std::string& format, const std::string& level);

}  // namespace ytterby
