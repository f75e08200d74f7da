// A report as one self-contained HTML page: style, plots and pictures are inside the file, and nothing is fetched.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

struct PageOptions {
  ReportOptions report{};
  std::vector<std::string> picture_files{};  // shown beside the database's own, with their file names
};

std::string report_page(const Store& store, const Report& report, const PageOptions& options);

std::string html_table(const Table& table);
std::string base64(const std::string& bytes);
std::string picture_type(const std::string& bytes);  // MIME type by the first bytes; empty when none of PNG, JPEG, WebP

}  // namespace mds
