// A report as its caller asks for it, as a text in one of the formats.
#pragma once

#include <string>

#include "reports/page.h"
#include "reports/view.h"

namespace mds {

struct ReportRequest {
  std::string name, database;
  std::string out;     // file that takes the text; empty: none
  std::string format;  // html, or the name of a Format; empty: by the ending of `out`, else table
  PageOptions page{};
  View view{};
};

// RequestError for fields that contradict each other, and for an output over an input.
std::string report_text(const ReportRequest& request);

std::string reports_text();  // a list of all reports, for help

}  // namespace mds
