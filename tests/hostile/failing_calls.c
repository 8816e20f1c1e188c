/* Preloaded into the program: the call number YTTERBY_FAIL_AT of those below fails with the error YTTERBY_FAIL_ERRNO, and
 * so do the YTTERBY_FAIL_COUNT - 1 after it. Calls on the standard streams are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int fails(void) {
  const char* at = getenv("YTTERBY_FAIL_AT");
  if (!at) return 0;
  const char* count = getenv("YTTERBY_FAIL_COUNT");
  const long number = atomic_fetch_add(&calls, 1), first = atol(at);
  if (number < first || number >= first + (count ? atol(count) : 1)) return 0;
  errno = atoi(getenv("YTTERBY_FAIL_ERRNO"));
  return 1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define WRITING(name, offset_type) \
  ssize_t name(int fd, const void* data, size_t size, offset_type offset) { \
    REAL(ssize_t, name, int, const void*, size_t, offset_type); \
    return fd > 2 && fails() ? -1 : real(fd, data, size, offset); \
  }
WRITING(pwrite, off_t)
WRITING(pwrite64, off64_t)

#define READING(name, offset_type) \
  ssize_t name(int fd, void* data, size_t size, offset_type offset) { \
    REAL(ssize_t, name, int, void*, size_t, offset_type); \
    return fd > 2 && fails() ? -1 : real(fd, data, size, offset); \
  }
READING(pread, off_t)
READING(pread64, off64_t)

ssize_t write(int fd, const void* data, size_t size) {
  REAL(ssize_t, write, int, const void*, size_t);
  return fd > 2 && fails() ? -1 : real(fd, data, size);
}

#define SYNCING(name) \
  int name(int fd) { \
    REAL(int, name, int); \
    return fails() ? -1 : real(fd); \
  }
SYNCING(fsync)
SYNCING(fdatasync)

#define CUTTING(name, offset_type) \
  int name(int fd, offset_type size) { \
    REAL(int, name, int, offset_type); \
    return fails() ? -1 : real(fd, size); \
  }
CUTTING(ftruncate, off_t)
CUTTING(ftruncate64, off64_t)

int rename(const char* from, const char* to) {
  REAL(int, rename, const char*, const char*);
  return fails() ? -1 : real(from, to);
}

#define OPENING(name) \
  int name(const char* path, int flags, ...) { \
    REAL(int, name, const char*, int, ...); \
    mode_t mode = 0; \
    if (flags & O_CREAT) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    return (flags & (O_WRONLY | O_RDWR)) && fails() ? -1 : real(path, flags, mode); \
  }
OPENING(open)
OPENING(open64)
