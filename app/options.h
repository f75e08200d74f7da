// What the command lines of all subcommands share: --help, arguments without a dash, values as people type them, and
// the options of computing.
#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <string>
#include <vector>

#include "app/flag_values.h"
#include "app/usage_error.h"
#include "spec/fields.h"
#include "spec/nearest.h"

namespace mds {

// The arguments of a subcommand. `positional` names those without a dash, in order; the last one may be repeated if its
// value is a list.
struct CommandLine {
  std::string usage;    // "mdsearch spec NAME [options]"
  std::string example;  // a line that works
  po::options_description options{};
  std::vector<std::string> positional;
  std::string notes{};  // printed between options and example
};

// Returns false after it has printed the help for --help. UsageError for an unknown flag, a value that a flag does not
// accept, and a missing argument.
bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values);

// The value of --db, with the default of all commands.
po::typed_value<std::string>* database_flag(std::string* file);

// --artifacts, the folder of the sweeps' files.
void add_artifacts_option(po::options_description& options, std::string* folder);

// Adds a flag --NAME for each field of a described struct of single values, with the field's own description.
template <Described T>
void add_described_options(po::options_description& options, GivenFields& given) {
  for (const auto& field : type_of(T{}).fields) {
    const auto take = [&given, name = field.name](const std::string& text) { given[name] = text; };
    options.add_options()(field.name.c_str(), (new FieldValue(field))->notifier(take), field.meaning.c_str());
  }
}

// The command as typed, to make its result again: "mdsearch sweep CONFIG --set key=value".
std::string config_command(const std::string& command, const std::string& file,
                           const std::vector<std::string>& settings);

}  // namespace mds
