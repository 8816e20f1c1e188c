// For threads and loops that must survive whatever their work throws.
#pragma once

#include <filesystem>
#include <new>

#include "common/result.hpp"

namespace ytterby {

// What the work returns; an exception becomes an error: kUnavailable when memory ran out, which says nothing about the
// work, kIo from the file system, kInternal for any other.
template <class Work>
auto Caught(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Fail(ErrorKind::kUnavailable, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return Fail(ErrorKind::kIo, error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& exception) {
    return Fail(ErrorKind::kInternal, exception.what());
  }
}

}  // namespace ytterby
