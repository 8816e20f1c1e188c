// Any bytes as a configuration file are read or refused with their errors.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const int file = memfd_create("config", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) return -1;
  std::vector<std::string> errors;
  (void)ytterby::ReadConfig("/proc/self/fd/" + std::to_string(file), errors);
  close(file);
  return 0;
}
