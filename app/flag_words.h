// Libraries name a field of a request in backquotes; at a command line it is a flag.
#pragma once

#include <string>

namespace mds {

// "give another `save_reference`" as "give another --save-reference". Backquoted commands stay as they are.
std::string with_flags(const std::string& message);

}  // namespace mds
