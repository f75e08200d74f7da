// Which version of mdsearch this is, and how it was built.
#pragma once

#include <string>

namespace mds {

std::string version_text();

}  // namespace mds
