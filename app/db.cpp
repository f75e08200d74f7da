// mdsearch db check|merge|info|record-parity: the care of a results database.
#include <array>
#include <fstream>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "reports/table.h"
#include "search/policy.h"
#include "search/store/store.h"
#include "spec/error.h"

namespace mds {
namespace {

struct DbOptions {
  std::string file = "out/results.db";
  Format format = Format::table;
  std::vector<std::string> others{};
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

// The flags that each part of db has.
CommandLine command_line(const std::string& usage, const std::string& example, DbOptions& options) {
  CommandLine line{.usage = "mdsearch db " + usage, .example = "mdsearch db " + example, .positional = {}};
  line.options.add_options()("db", po::value(&options.file)->default_value(options.file)->value_name("FILE"),
                             "Results database")("format", choice(&options.format), "How the result is printed");
  return line;
}

int run_check(int argc, char** argv) {
  DbOptions options;
  po::variables_map values;
  if (!parse(command_line("check [--db FILE]", "check --db results.db", options), argc, argv, values)) return 0;
  return print_check(Store(options.file, StoreMode::read_only), options.format);
}

int run_info(int argc, char** argv) {
  DbOptions options;
  po::variables_map values;
  if (!parse(command_line("info [--db FILE]", "info --db results.db", options), argc, argv, values)) return 0;
  print_info(Store(options.file, StoreMode::read_only), options.format);
  return 0;
}

// A part that takes files into the database one after the other.
int take_in(CommandLine line, const std::string& what, DbOptions& options, const auto& take, int argc, char** argv) {
  line.positional = {"file"};
  line.options.add_options()("file", po::value(&options.others)->required()->value_name("FILE..."), what.c_str());
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  Store store(options.file, StoreMode::create_or_open);
  for (const auto& file : options.others) take(store, file);
  print_info(store, options.format);
  return 0;
}

int run_merge(int argc, char** argv) {
  DbOptions options;
  return take_in(
      command_line("merge FILE... [--db FILE]", "merge worker1.db worker2.db --db out/results.db", options),
      "Databases whose rows are taken into --db", options,
      [](Store& store, const std::string& file) { store.merge(file); }, argc, argv);
}

int run_record_parity(int argc, char** argv) {
  DbOptions options;
  return take_in(command_line("record-parity FILE... [--db FILE]", "record-parity out/parity.jsonl", options),
                 "Files that tests/parity/run.py wrote", options, record_parity, argc, argv);
}

constexpr std::array db_parts{
    Command{"Commands", "check", "Checks integrity, hashes and decisions; the exit code is 1 if anything is wrong.",
            run_check},
    Command{"Commands", "info", "Prints the schema's version and how many rows each table has.", run_info},
    Command{"Commands", "merge", "Takes the rows of other databases in, each once.", run_merge},
    Command{"Commands", "record-parity", "Takes in comparisons with other libraries.", run_record_parity},
};

}  // namespace

std::span<const Command> db_commands() { return db_parts; }

}  // namespace mds
