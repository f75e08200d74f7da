// Counts what C++ code allocates, so that a reader's promise of how much memory it takes can be checked.
#pragma once

#include <cstddef>

namespace mds::fuzz {

size_t start_counting_memory();  // the bytes that are held now
size_t peak_memory();            // the most bytes held since then

}  // namespace mds::fuzz
