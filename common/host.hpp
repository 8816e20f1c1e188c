// The machine that this process runs on.
#pragma once

#include <string>

namespace ytterby {

// Its name; empty if the system does not say.
std::string HostName();

}  // namespace ytterby
