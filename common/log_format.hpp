// The format of log lines on stderr.
#pragma once

#include <string>

namespace ytterby {

// `logfmt`: ts=2024-01-26T08:00:00.000Z level=info msg="…"; `json`: one object per line with the same keys. `level`:
// debug, info, warn, error or off. CheckConfig validates both.
void SetLogFormat(const std::string& format, const std::string& level);

}  // namespace ytterby
