// What `data build`, `show` and `bench` return, as text for a terminal.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

std::string data_text(const Json& result);   // of build_data and show_source: a line for each fact, and the rows
std::string bench_text(const Json& result);  // of bench_source

}  // namespace mds
