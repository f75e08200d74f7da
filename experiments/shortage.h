// Want of memory, which is the machine's fault and not that of the work that met it.
#pragma once

#include <exception>

namespace mds {

// Whether an error says that memory, or a thread with its stack, could not be had.
bool is_shortage(const std::exception& error);

}  // namespace mds
