// SPDX-License-Identifier: BSD-3-Clause
// To be loaded before all other libraries (LD_PRELOAD): refuses memory to a program that knows nothing of it,
// as the file says that INTERLOX_REFUSALS names (refusals.hpp). It takes the place of the C library's
// functions that ask for memory, and so of operator new, and of mmap(), from which the collector has its own.
//
// What the dynamic linker asks for before the program begins is neither counted nor refused.
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/refusals.hpp"

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

using interlox::test::Refusals;

std::atomic<Refusals*> refusals{nullptr};

void* map(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): as the system answers
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}

[[gnu::constructor]] void begin() {
  const char* const path = std::getenv(interlox::test::kRefusalsVariable);
  const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  void* const shared =
      file < 0 ? MAP_FAILED : map(nullptr, sizeof(Refusals), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (shared == MAP_FAILED) _exit(126);
  close(file);
  unsetenv("LD_PRELOAD");  // what the program starts has memory
  refusals.store(static_cast<Refusals*>(shared));
}

bool is_refused() noexcept {
  Refusals* const r = refusals.load();
  if (r == nullptr) return false;
  const std::uint64_t number = ++r->made;
  if (number < r->first || number > r->last) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names are reserved
extern "C" {

void* malloc(std::size_t bytes) noexcept { return is_refused() ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  return is_refused() ? nullptr : __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes) noexcept {
  return bytes != 0 && is_refused() ? nullptr : __libc_realloc(block, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return is_refused() ? nullptr : __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return memalign(alignment, bytes); }
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
  void* const made = memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}
void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  return is_refused() ? MAP_FAILED : map(address, bytes, protection, flags, file, offset);
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
