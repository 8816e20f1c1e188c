#include "common/host.hpp"

#include <unistd.h>

namespace ytterby {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace ytterby
