// mdsearch report NAME: tables and pages from a database alone.
#include <iostream>

#include "app/options.h"
#include "app/output.h"
#include "app/recording.h"
#include "app/run.h"
#include "reports/page.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

struct Options {
  std::string name, file, format, out;
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

CommandLine command_line(Options& options) {
  CommandLine line{.usage = "mdsearch report NAME [--db FILE] [--format table|md|csv|json|html] [--out FILE]",
                   .example = "mdsearch report sweep --db out/results.db --format html --out out/report.html",
                   .positional = {"name"},
                   .notes = "Reports:\n" + listed(all_reports(), line_of, "\n")};
  line.options.add_options()("name", one_of(&options.name, report_names())->required(), "Which report")(
      "db", po::value(&options.file)->default_value("out/results.db")->value_name("FILE"),
      "Results database, which is only read")(
      "format", one_of(&options.format, {"table", "md", "csv", "json", "html"})->default_value("table"),
      "How the result is printed; html is a page and needs --out")("out", po::value(&options.out)->value_name("FILE"),
                                                                   "Writes to this file instead of stdout")(
      "sweep", po::value(&options.page.report.sweep)->value_name("NAME"), "Shows this sweep alone")(
      "score", po::value(&options.page.report.score)->value_name("NAME"),
      "Sorts a sweep's candidates by this score (default: fd_emoji_clip)")(
      "network", po::value(&options.page.report.network)->value_name("NAME"),
      "Shows this network alone, by its name or the beginning of its hash")(
      "picture", po::value(&options.page.picture_files)->composing()->value_name("FILE"),
      "Shows this picture on the page too; may repeat");
  return line;
}

void run_report(const Options& options) {
  const Report& report = find_report(options.name);
  const bool html = options.format == "html";
  if (html && options.out.empty()) throw UsageError("report --format html: needs --out FILE");
  if (!html && !options.page.picture_files.empty()) throw UsageError("report --picture: needs --format html");
  std::vector<std::string> inputs = options.page.picture_files;
  inputs.push_back(options.file);
  refuse_input_as_output("--out", options.out, inputs);
  PageOptions page = options.page;
  page.report.shipped = shipped_hashes();
  const Store store(options.file, StoreMode::read_only);
  const std::string text = html ? report_page(store, report, page)
                                : to_text(report.tables(store, page.report), parse_format(options.format));
  if (options.out.empty())
    std::cout << text;
  else
    save_text(options.out, text);
}

}  // namespace

int run_report(int argc, char** argv) {
  Options options;
  po::variables_map values;
  if (!parse(command_line(options), argc, argv, values)) return 0;
  run_report(options);
  return 0;
}

}  // namespace mds
