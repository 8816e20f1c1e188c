#pragma once

namespace ytterby {

inline constexpr const char* kVersion = "0.2.0";

}  // namespace ytterby
