// mdsearch db check|copy|export|merge|info|upgrade|retry|delete|record-parity: maintains a results database.
#include <array>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "experiments/database_text.h"
#include "experiments/deletion.h"
#include "experiments/retrying.h"
#include "reports/report.h"
#include "spec/new_file.h"

namespace mds {
namespace {

struct DbOptions {
  std::string file;
  Format format = Format::table;
  std::vector<std::string> others{};
};

// Declares the flags that each part of `db` has.
CommandLine command_line(const std::string& usage, const std::string& example, DbOptions& options) {
  CommandLine line{.usage = "mdsearch db " + usage, .example = "mdsearch db " + example, .positional = {}};
  line.options.add_options()("db", database_flag(&options.file), "Results database")("format", choice(&options.format),
                                                                                     "How the result is printed");
  return line;
}

int run_check(int argc, char** argv) {
  DbOptions options;
  po::variables_map values;
  if (!parse(command_line("check [--db FILE]", "check --db results.db", options), argc, argv, values)) return 0;
  const Table problems = problems_table(Database(options.file, StoreMode::read_only));
  std::cout << to_text(problems, options.format);
  return problems.rows.empty() ? 0 : 1;
}

// Prints what a database holds, as opened in a mode: one that writes brings it up to date.
int run_opened(const std::string& name, StoreMode mode, int argc, char** argv) {
  DbOptions options;
  po::variables_map values;
  if (!parse(command_line(name + " [--db FILE]", name + " --db results.db", options), argc, argv, values)) return 0;
  std::cout << info_text(Database(options.file, mode), options.format);
  return 0;
}

int run_info(int argc, char** argv) { return run_opened("info", StoreMode::read_only, argc, argv); }
int run_upgrade(int argc, char** argv) { return run_opened("upgrade", StoreMode::open_existing, argc, argv); }

// How a part takes a file into the database, and the check of the file before that.
struct TakenIn {
  CommandLine line;
  const char* what;
  void (*check)(const std::string& file);
  void (*take)(Database& database, const std::string& file);
};

// Runs a part that takes files into the database one by one. If a file is unreadable, no database is created.
int take_in(TakenIn part, DbOptions& options, int argc, char** argv) {
  part.line.positional = {"file"};
  part.line.options.add_options()("file", po::value(&options.others)->required()->value_name("FILE..."), part.what);
  po::variables_map values;
  if (!parse(part.line, argc, argv, values)) return 0;
  for (const auto& file : options.others) part.check(file);
  Database database(options.file, StoreMode::create_or_open);
  for (const auto& file : options.others) part.take(database, file);
  std::cout << info_text(database, options.format);
  return 0;
}

int run_merge(int argc, char** argv) {
  DbOptions options;
  return take_in(
      {.line = command_line("merge FILE... [--db FILE]", "merge worker1.db worker2.db --db out/results.db", options),
       .what = "Databases whose rows are taken into --db",
       .check = [](const std::string& file) { const Database readable(file, StoreMode::read_only); },
       .take = [](Database& database, const std::string& file) { merge(database, file); }},
      options, argc, argv);
}

int run_copy(int argc, char** argv) {
  DbOptions options;
  std::string to;
  CommandLine line = command_line("copy TO [--db FROM]", "copy postgresql://me@host/results --db results.db", options);
  line.positional = {"to"};
  line.options.add_options()("to", po::value(&to)->required()->value_name("TO"),
                             "Database without rows, made if it is a file: postgresql://USER@HOST/NAME or a file");
  line.notes = "Rows are numbered anew, and a run that a worker holds is queued again.";
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  {
    const Database readable(options.file, StoreMode::read_only);
  }
  Database database(to, StoreMode::create_or_open);
  copy(database, options.file);
  std::cout << info_text(database, options.format);
  return 0;
}

int run_record_parity(int argc, char** argv) {
  DbOptions options;
  return take_in({.line = command_line("record-parity FILE... [--db FILE]", "record-parity out/parity.jsonl", options),
                  .what = "Files that tests/parity/run.py wrote",
                  .check = [](const std::string& file) { parity_rows(file); },
                  .take = record_parity},
                 options, argc, argv);
}

int run_delete(int argc, char** argv) {
  DbOptions options;
  Deletion deletion;
  CommandLine line = command_line("delete sweep|run|model NAME [--db FILE]", "delete sweep trial", options);
  line.positional = {"kind", "name"};
  line.options.add_options()("kind", one_of(&deletion.kind, {"sweep", "run", "model"})->required(),
                             "What is deleted from the database")(
      "name", po::value(&deletion.name)->required()->value_name("NAME"),
      "Name of the sweep, number or SWEEP/CANDIDATE of the run, folder or hash of the model")(
      "keep-files", po::bool_switch(&deletion.keep_files), "Keeps the files");
  add_artifacts_option(line.options, &deletion.artifacts);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  Database database(options.file, StoreMode::open_existing);
  std::cout << deleted(database, deletion, options.format);
  return 0;
}

int run_retry(int argc, char** argv) {
  DbOptions options;
  std::string name;
  CommandLine line = command_line("retry RUN|NAME@SWEEP|SWEEP [--db FILE]", "retry trial", options);
  line.positional = {"name"};
  line.options.add_options()("name", po::value(&name)->required()->value_name("NAME"),
                             "Number of a run, NAME@SWEEP for the runs of a candidate, or a sweep for all of its runs "
                             "that failed");
  line.notes =
      "`mdsearch sweep` with the sweep's configuration then tries them again, from their checkpoints. A run named by "
      "itself may also have finished.";
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  Database database(options.file, StoreMode::open_existing);
  std::cout << to_text(retried(database, name), options.format);
  return 0;
}

int run_export(int argc, char** argv) {
  DbOptions options;
  ReportOptions wanted;
  std::string file, file_format;
  CommandLine line = command_line("export --to csv|json --out FILE [--sweep NAME] [--db FILE]",
                                  "export --to csv --out benchmark.csv --sweep benchmark --db results.db", options);
  line.options.add_options()("to", one_of(&file_format, {"csv", "json"})->required(), "Format of the file")(
      "out", po::value(&file)->required()->value_name("FILE"), "File that is written")(
      "sweep", po::value(&wanted.sweep)->value_name("NAME"), "One sweep, not all");
  line.notes = "The file is what `mdsearch report curves` prints: one row for each candidate, seed and evaluation.";
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  const Database database(options.file, StoreMode::read_only);
  const auto tables = tables_of(find_report("curves"), database, wanted);
  save_text(file, to_text(tables, parse_format(file_format)));
  return 0;
}

constexpr std::array db_parts{
    Command{"Commands", "check", "Checks integrity, hashes and decisions; the exit code is 1 if anything is wrong.",
            run_check},
    Command{"Commands", "info", "Prints the schema's version and how many rows each table has.", run_info},
    Command{"Commands", "upgrade",
            "Brings a database of an earlier version of mdsearch up to date, as every command that writes to it does.",
            run_upgrade},
    Command{"Commands", "export", "Writes the learning curves of sweeps to a file for other programs.", run_export},
    Command{"Commands", "copy", "Copies all rows into an empty database: of a server, or a file.", run_copy},
    Command{"Commands", "merge", "Takes the rows of other databases in, each once.", run_merge},
    Command{"Commands", "retry", "Queues runs of sweeps that failed again.", run_retry},
    Command{"Commands", "delete", "Takes a sweep, a run or a model out, with its files.", run_delete},
    Command{"Commands", "record-parity", "Takes in comparisons with other libraries.", run_record_parity},
};

}  // namespace

std::span<const Command> db_commands() { return db_parts; }

}  // namespace mds
