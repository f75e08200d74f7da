#include "experiments/shortage.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <system_error>

#include "spec/error.h"

namespace mds {

bool is_shortage(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const MemoryError*>(&error)) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return system->code() == std::errc::not_enough_memory ||
           system->code() == std::errc::resource_unavailable_try_again;  // of a thread that cannot be started
  // LibTorch's allocator on the CPU, oneDNN, cuDNN and cuBLAS have no type of their own for it. oneDNN says no more
  // than this where it finds no memory for the code that it generates.
  constexpr std::array<std::string_view, 4> words{"can't allocate memory", "out of memory", "could not create a memory",
                                                  "ALLOC_FAILED"};
  const std::string_view text = error.what();
  return text == "could not create a primitive" ||
         std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != text.npos; });
}

}  // namespace mds
