// Which mdsearch this is, and what it was built with.
#pragma once

#include <string>

namespace mds {

std::string version_text();

}  // namespace mds
