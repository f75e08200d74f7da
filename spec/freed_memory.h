// How the process's allocator treats freed memory.
#pragma once

namespace mds {

// Makes malloc keep freed memory for the next request. Activations are megabytes and short-lived: glibc would map and
// unmap each one, and the system would zero every page again. Call it once, in a program's main.
void keep_freed_memory();

// Returns what malloc keeps to the system, as after large weights were released that are not allocated again.
void give_memory_back();

}  // namespace mds
