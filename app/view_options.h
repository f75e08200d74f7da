// The flags of all commands that print tables: which columns, sorted by which.
#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "reports/view.h"

namespace mds {

struct ViewOptions {
  std::string columns, sort;
  bool brief = false;
};
void add_view_options(boost::program_options::options_description& options, ViewOptions& view);
View view_of(const ViewOptions& options);  // UsageError where --columns and --brief contradict each other

}  // namespace mds
