// A report as one self-contained HTML page: style, scripts, data and pictures are inside the file. Nothing is fetched;
// the page's own security policy forbids it.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

struct PageOptions {
  ReportOptions report{};
  std::vector<std::string> picture_files{};  // shown with file names, beside the database's pictures
};

std::string report_page(const Database& database, const Report& report, const PageOptions& options);

}  // namespace mds
