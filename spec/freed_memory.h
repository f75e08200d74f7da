// How the process's allocator treats what is freed.
#pragma once

namespace mds {

// Keeps freed memory for what comes next. Activations are megabytes and short-lived: glibc would map and unmap each one,
// and the system would hand out and zero every page anew. To be called once, by a program's main.
void keep_freed_memory();

}  // namespace mds
