// mdsearch report NAME: tables and pages, made from a database alone.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/usage_error.h"
#include "app/view_options.h"
#include "experiments/output.h"
#include "reports/page.h"
#include "search/named_network.h"
#include "spec/listed.h"

namespace mds {
namespace {

struct ReportFlags {
  std::string name, file, format, out;
  ViewOptions view;
  PageOptions page;
};

std::vector<std::string> report_names() {
  std::vector<std::string> names;
  for (const auto& report : all_reports()) names.emplace_back(report.name);
  return names;
}

std::string line_of(const Report& report) {
  const std::string name = report.name;
  return "  " + name + std::string(14 - name.size(), ' ') + report.summary;
}

CommandLine command_line(ReportFlags& options) {
  CommandLine line{.usage = "mdsearch report NAME [--db FILE] [--format table|md|csv|json|html] [--out FILE]",
                   .example = "mdsearch report sweep --db out/results.db --format html --out out/report.html",
                   .positional = {"name"},
                   .notes = "Reports:\n" + listed(all_reports(), line_of, "\n")};
  line.options.add_options()("name", one_of(&options.name, report_names())->required(), "Which report")(
      "db", po::value(&options.file)->default_value("out/results.db")->value_name("FILE"),
      "Results database, which is only read")(
      "format", one_of(&options.format, {"table", "md", "csv", "json", "html"}),
      "How the result is printed; html is a page and needs --out (default: by the ending of --out, else table)")(
      "out", po::value(&options.out)->value_name("FILE"), "Writes to this file instead of stdout")(
      "sweep", po::value(&options.page.report.sweep)->value_name("NAME"), "Shows this sweep alone")(
      "score", po::value(&options.page.report.score)->value_name("NAME"),
      "Sorts a sweep's candidates by this score (default: fd_emoji_clip)")(
      "network", po::value(&options.page.report.network)->value_name("NAME"),
      "Shows this network alone, by its name or the beginning of its hash")(
      "all", po::bool_switch(&options.page.report.all),
      "Tables of latencies for every device and build, not only for the newest complete run")(
      "picture", po::value(&options.page.picture_files)->composing()->value_name("FILE"),
      "Shows this picture on the page too; may repeat");
  add_view_options(line.options, options.view);
  return line;
}

// The format of --format, else of the ending of --out; UsageError where they contradict each other.
std::string format_of(const ReportFlags& options) {
  const std::string ending = std::filesystem::path(options.out).extension().string();
  const std::string by_ending = ending.empty() || ending == ".txt" ? "" : ending.substr(1);
  const bool known = std::ranges::count(std::array{"html", "csv", "md", "json"}, by_ending) > 0;
  if (!options.format.empty() && known && by_ending != options.format)
    throw UsageError("--out " + options.out + " ends in " + ending + ", --format is " + options.format +
                     "; give one of them");
  if (!options.format.empty()) return options.format;
  return known ? by_ending : "table";
}

void run_report(const ReportFlags& options) {
  const Report& report = find_report(options.name);
  const std::string format = format_of(options);
  const bool html = format == "html";
  const View view = view_of(options.view);
  if (html && options.view.given())
    throw UsageError("report --format html: a page has all columns; leave out --columns, --sort and --brief");
  if (html && options.out.empty()) throw UsageError("report --format html: needs --out FILE");
  if (!html && !options.page.picture_files.empty()) throw UsageError("report --picture: needs --format html");
  std::vector<std::string> inputs = options.page.picture_files;
  inputs.push_back(options.file);
  refuse_input_as_output("--out", options.out, inputs);
  PageOptions page = options.page;
  page.report.shipped = shipped_hashes();
  const Database database(options.file, StoreMode::read_only);
  const std::string text = html ? report_page(database, report, page)
                                : to_text(tables_of(report, database, page.report), parse_format(format), view);
  if (options.out.empty())
    std::cout << text;
  else
    save_text(options.out, text);
}

}  // namespace

int run_report(int argc, char** argv) {
  ReportFlags options;
  po::variables_map values;
  if (parse(command_line(options), argc, argv, values)) run_report(options);
  return 0;
}

}  // namespace mds
