// operator new with a count of the bytes that are held.
#include "tests/fuzz/counted_memory.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> held{0}, peak{0};

void* counted_or_null(size_t size) noexcept {
  void* const memory = std::malloc(size ? size : 1);
  if (!memory) return nullptr;
  const size_t now = held += ::malloc_usable_size(memory);
  if (now > peak) peak = now;
  return memory;
}

void* counted(size_t size) {
  void* const memory = counted_or_null(size);
  if (!memory) throw std::bad_alloc();
  return memory;
}

void uncounted(void* memory) {
  if (!memory) return;
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return counted_or_null(size); }
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete[](void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, size_t) noexcept { uncounted(memory); }
void operator delete[](void* memory, size_t) noexcept { uncounted(memory); }

namespace mds::fuzz {

size_t start_counting_memory() { return peak = held.load(); }
size_t peak_memory() { return peak; }

}  // namespace mds::fuzz
