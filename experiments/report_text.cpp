#include "experiments/report_text.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "experiments/output.h"
#include "search/named_network.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

std::string format_of(const ReportRequest& request) {
  const std::string ending = std::filesystem::path(request.out).extension().string();
  const std::string by_ending = ending.empty() || ending == ".txt" ? "" : ending.substr(1);
  const bool known = std::ranges::count(std::array{"html", "csv", "md", "json"}, by_ending) > 0;
  if (!request.format.empty() && known && by_ending != request.format)
    throw RequestError("`out` " + request.out + " ends in " + ending + ", `format` is " + request.format +
                       "; give one of them");
  if (!request.format.empty()) return request.format;
  return known ? by_ending : "table";
}

void check(const ReportRequest& request, bool html) {
  const View& view = request.view;
  if (html && (!view.columns.empty() || !view.sort.empty() || view.brief))
    throw RequestError("`format` html: a page has all columns; leave out `columns`, `sort` and `brief`");
  if (html && request.out.empty()) throw RequestError("`format` html: needs `out` FILE");
  if (!html && !request.page.picture_files.empty()) throw RequestError("`picture`: needs `format` html");
  std::vector<std::string> inputs = request.page.picture_files;
  inputs.push_back(request.database);
  refuse_input_as_output("--out", request.out, inputs);
}

std::string line_of(const Report& report) {
  const std::string name = report.name;
  return "  " + name + std::string(14 - name.size(), ' ') + report.summary;
}

}  // namespace

std::string report_text(const ReportRequest& request) {
  const Report& report = find_report(request.name);
  const std::string format = format_of(request);
  const bool html = format == "html";
  check(request, html);
  require_read(report, request.page.report);
  PageOptions page = request.page;
  page.report.shipped = shipped_hashes();
  const Database database(request.database, StoreMode::read_only);
  return html ? report_page(database, report, page)
              : to_text(tables_of(report, database, page.report), parse_format(format), request.view);
}

std::string reports_text() { return "Reports:\n" + listed(all_reports(), line_of, "\n"); }

}  // namespace mds
