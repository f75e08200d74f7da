// mdsearch db check|merge|info|record-parity: the care of a results database.
#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>

#include "app/run.h"
#include "reports/table.h"
#include "search/policy.h"
#include "search/store/store.h"
#include "spec/error.h"

namespace mds {
namespace {

namespace po = boost::program_options;

struct DbOptions {
  std::string action, file, format;
  std::vector<std::string> others;
};

Table info_table(const StoreInfo& info) {
  Table table{.title = info.file + ": schema version " + std::to_string(info.schema_version) + ", " +
                       std::to_string(info.bytes) + " bytes",
              .columns = {{.name = "table"}, {.name = "rows"}}};
  for (const auto& count : info.tables) table.rows.push_back({count.table, count.rows});
  return table;
}

void print_info(const Store& store, Format format) {
  const StoreInfo info = store.info();
  const Table table = info_table(info);
  if (format != Format::json) return void(std::cout << to_text(table, format));
  const Json json = {
      {"file", info.file}, {"schema_version", info.schema_version}, {"bytes", info.bytes}, {"rows", rows_json(table)}};
  std::cout << json.dump(2) << "\n";
}

// Decisions that do not follow from the inputs stored beside them, under the policy of their sweep.
std::vector<std::string> wrong_decisions(const Store& store) {
  std::vector<std::string> problems;
  for (const auto& sweep : store.sweeps()) {
    const Json config = parse_json(store.sweep_config(sweep).value(), "sweep " + sweep);
    const auto policy = from_json<PolicyConfig>(config.value("policy", Json::object()), "sweep " + sweep);
    for (const auto& run : store.runs(sweep))
      for (const auto& decision : store.decisions(run.run)) {
        const std::string what = "decision on run " + std::to_string(run.run) + " at rung " +
                                 std::to_string(decision.rung) + " of sweep " + sweep + ": ";
        try {
          const auto follows = name_of(verdict_of(policy, decision.rule, parse_json(decision.inputs_json, what)));
          if (follows != decision.verdict)
            problems.push_back(what + "is " + decision.verdict + "; its inputs lead to " + std::string(follows));
        } catch (const ConfigError& error) {
          problems.push_back(what + error.what());
        }
      }
  }
  return problems;
}

int print_check(const Store& store, Format format) {
  Table table{.title = store.file() + ": integrity, foreign keys, hashes, decisions", .columns = {{.name = "problem"}}};
  for (const auto& problem : store.check()) table.rows.push_back({problem});
  for (const auto& problem : wrong_decisions(store)) table.rows.push_back({problem});
  if (table.rows.empty()) table.footnotes = {"no problem found"};
  std::cout << to_text(table, format);
  return table.rows.empty() ? 0 : 1;
}

// Takes in a file that tests/parity/run.py wrote, one JSON object a line: all or none.
void record_parity(Store& store, const std::string& file) {
  std::ifstream in(file);
  int64_t number = 0;
  store.transaction([&] {
    for (std::string line; std::getline(in, line);) {
      const std::string place = file + ":" + std::to_string(++number);
      store.add_parity(from_json<ParityRow>(parse_json(line, place), place));
    }
  });
  if (number == 0) throw FileError(file + ": cannot be read, or holds no line");
}

int run_action(const DbOptions& options) {
  const Format format = parse_format(options.format);
  const bool records = options.action == "record-parity";
  if (options.action != "merge" && !records && !options.others.empty())
    throw UsageError("db " + options.action + " takes no further argument");
  if (options.action == "check") return print_check(Store(options.file, StoreMode::read_only), format);
  if (options.action == "info") return print_info(Store(options.file, StoreMode::read_only), format), 0;
  if (options.action != "merge" && !records)
    throw UsageError("db " + options.action + ": expected check, merge, info or record-parity");
  if (options.others.empty())
    throw UsageError("db " + options.action + ": name the " + (records ? "files to record" : "databases to merge") +
                     " into --db");
  Store store(options.file, StoreMode::create_or_open);
  for (const auto& other : options.others) records ? record_parity(store, other) : store.merge(other);
  print_info(store, format);
  return 0;
}

}  // namespace

int run_db(int argc, char** argv) {
  DbOptions options;
  po::options_description flags("mdsearch db check|info|merge|record-parity [OTHER...] [--db FILE]");
  flags.add_options()  //
      ("db", po::value(&options.file)->default_value("out/results.db"),
       "the database; merge and record-parity write to it")                                     //
      ("format", po::value(&options.format)->default_value("table"), "table, md, csv or json")  //
      ("help", "show this text");
  po::options_description all;
  all.add(flags).add_options()("action", po::value(&options.action))("others", po::value(&options.others));
  po::positional_options_description order;
  order.add("action", 1).add("others", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(order).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(std::string("db: ") + error.what());
  }
  if (values.contains("help")) {
    std::cout << flags
              << "\ncheck  integrity, foreign keys, recomputed hashes and decisions; exit 1 if anything is wrong\n"
              << "info   schema version and rows per table\nmerge  takes the rows of OTHER databases in, each once\n"
              << "record-parity  takes in files that tests/parity/run.py wrote\n"
              << "\nExample: mdsearch db merge worker1.db worker2.db --db out/results.db\n";
    return 0;
  }
  if (options.action.empty()) throw UsageError("db: expected check, merge, info or record-parity");
  return run_action(options);
}

}  // namespace mds
