// Random identifiers.
#pragma once

#include <string>

namespace ytterby {

// A random UUID (version 4) in its printed form.
std::string RandomUuid();

}  // namespace ytterby
