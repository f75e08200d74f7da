#include "app/view_options.h"

#include <sstream>

#include "app/usage_error.h"

namespace mds {

namespace po = boost::program_options;

void add_view_options(po::options_description& options, ViewOptions& view) {
  options.add_options()("columns", po::value(&view.columns)->value_name("A,B,..."),
                        "Shows these columns alone, in this order; all: every one, however wide the table")(
      "sort", po::value(&view.sort)->value_name("COLUMN"),
      "Sorts the rows by this column; --sort=-COLUMN: from the largest down")(
      "brief", po::bool_switch(&view.brief),
      "Shows the three to six most telling columns, and a line for each footnote");
}

View view_of(const ViewOptions& options) {
  if (options.brief && !options.columns.empty())
    throw UsageError("--brief chooses the columns itself; allowed: it or --columns");
  View view{.columns = {}, .sort = options.sort, .brief = options.brief};
  std::istringstream names(options.columns);
  for (std::string name; std::getline(names, name, ',');)
    if (!name.empty()) view.columns.push_back(name);
  return view;
}

}  // namespace mds
