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

struct PageSection {
  std::string id{}, title{}, body{};  // HTML
};
// The content of a page before it is assembled.
struct PageContent {
  std::string title{}, lead{};
  std::vector<PageSection> sections{};
};

std::string report_page(const Database& database, const Report& report, const PageOptions& options);

// The page of sweep_report: each sweep with its winner, plots, pictures and candidates.
PageContent sweep_page(const Database& database, const PageOptions& options);

}  // namespace mds
