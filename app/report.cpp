// mdsearch report NAME: tables and pages, made from a database alone.
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/view_options.h"
#include "experiments/report_text.h"

namespace mds {
namespace {

std::vector<std::string> report_names() {
  std::vector<std::string> names;
  for (const auto& report : all_reports()) names.emplace_back(report.name);
  return names;
}

CommandLine command_line(ReportRequest& request, ViewOptions& view) {
  CommandLine line{.usage = "mdsearch report NAME [--db FILE] [--format table|md|csv|json|html] [--out FILE]",
                   .example = "mdsearch report sweep --db out/results.db --format html --out out/report.html",
                   .positional = {"name"},
                   .notes = reports_text()};
  line.options.add_options()("name", one_of(&request.name, report_names())->required(), "Which report")(
      "db", database_flag(&request.database), "Results database, which is only read")(
      "format", one_of(&request.format, {"table", "md", "csv", "json", "html"}),
      "How the result is printed; html is a page and needs --out (default: by the ending of --out, else table)")(
      "out", po::value(&request.out)->value_name("FILE"), "Writes to this file instead of stdout")(
      "sweep", po::value(&request.page.report.sweep)->value_name("NAME"), "Shows this sweep alone")(
      "score", po::value(&request.page.report.score)->value_name("NAME"),
      "Sorts a sweep's candidates by this score (default: fd_emoji_clip)")(
      "network", po::value(&request.page.report.network)->value_name("NAME"),
      "Shows this network alone, by its name or the beginning of its hash")(
      "simulate", po::value<std::string>()->value_name("N")->notifier([&request](const std::string& sweeps) {
        request.page.report.simulate = whole_of_flag(sweeps, between(0, 100'000));
      }),
      "Plays policies over N simulated sweeps too (0 to 100000; default: 100 where few curves are stored)")(
      "all", po::bool_switch(&request.page.report.all),
      "Tables of latencies for every device and build, not only for the newest complete run")(
      "picture", po::value(&request.page.picture_files)->composing()->value_name("FILE"),
      "Shows this picture on the page too; may repeat");
  add_view_options(line.options, view);
  return line;
}

}  // namespace

int run_report(int argc, char** argv) {
  ReportRequest request;
  ViewOptions view;
  po::variables_map values;
  if (!parse(command_line(request, view), argc, argv, values)) return 0;
  request.view = view_of(view);
  const std::string text = report_text(request);
  if (request.out.empty())
    std::cout << text;
  else
    save_text(request.out, text);
  return 0;
}

}  // namespace mds
