// What the program does where it gets no memory: see ops/decisions/0021. Replaces the global operator new and delete.
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string_view>

#include "common/result.hpp"

namespace {

// Requests above this size come from large inputs; the code that made one can handle the failure. If even a small
// request fails, nothing can continue safely: RE2, for one, leaves its objects half-built.
constexpr std::size_t kLargestNeed = std::size_t{1} << 20;

[[noreturn]] void EndForLackOfMemory() {
  constexpr std::string_view kMessage = "ytterby: out of memory\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  std::_Exit(ytterby::ExitCode(ytterby::ErrorKind::kTryLater));
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr) return memory;
  if (size <= kLargestNeed) EndForLackOfMemory();
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
