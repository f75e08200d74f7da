// mdsearch report NAME: tables and pages from a database alone.
#include <boost/program_options.hpp>
#include <iostream>

#include "app/recording.h"
#include "app/run.h"
#include "reports/page.h"
#include "spec/error.h"

namespace mds {
namespace {

namespace po = boost::program_options;

struct Options {
  std::string name, file, format, out;
  PageOptions page;
};

std::string help_text(const po::options_description& flags) {
  std::ostringstream text;
  text << flags << "\nNAME:\n";
  for (const auto& report : all_reports()) text << "  " << report.name << "\t" << report.summary << "\n";
  text << "\nExample: mdsearch report sweep --db out/results.db --format html --out out/report.html\n";
  return text.str();
}

void run_report(const Options& options) {
  const Report& report = find_report(options.name);
  const bool html = options.format == "html";
  if (html && options.out.empty()) throw UsageError("report --format html: needs --out FILE");
  if (!html && !options.page.picture_files.empty()) throw UsageError("report --picture: needs --format html");
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
  po::options_description flags("mdsearch report NAME [--db FILE] [--format table|md|csv|json|html] [--out FILE]");
  flags.add_options()                                                                                          //
      ("db", po::value(&options.file)->default_value("out/results.db"), "the database; it is only read")       //
      ("format", po::value(&options.format)->default_value("table"), "table, md, csv, json or html (a page)")  //
      ("out", po::value(&options.out), "write to this file instead of stdout; needed for html")                //
      ("sweep", po::value(&options.page.report.sweep), "only this sweep")                                      //
      ("score", po::value(&options.page.report.score), "sweep: sort by this score (default fd_emoji_clip)")    //
      ("network", po::value(&options.page.report.network),
       "only this network: a name, or the beginning of a hash")  //                                              //
      ("picture", po::value(&options.page.picture_files)->composing(), "html: show this picture too; may repeat")  //
      ("help", "show this text");
  po::options_description all;
  all.add(flags).add_options()("name", po::value(&options.name));
  po::positional_options_description order;
  order.add("name", 1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(order).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(std::string("report: ") + error.what());
  }
  if (values.contains("help")) return std::cout << help_text(flags), 0;
  if (options.name.empty()) throw UsageError("report: name a report; see mdsearch report --help");
  run_report(options);
  return 0;
}

}  // namespace mds
