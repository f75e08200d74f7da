#include "app/options.h"

#include <iostream>

#include "app/command_help.h"
#include "app/usage_error.h"
#include "search/named_network.h"
#include "spec/listed.h"

namespace mds {
namespace {

std::vector<Flag>* declared = nullptr;  // if set, parse() puts the flags here instead of parsing

std::vector<std::string> flag_names(const CommandLine& line) {
  std::vector<std::string> names{"--help"};
  for (const auto& flag : flags_of(line))
    if (!flag.positional) names.push_back("--" + flag.name);
  return names;
}

// Turns Boost's errors into sentences that say what to change.
std::string sentence_of(const po::error& error, const CommandLine& line) {
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    const std::string name = unknown->get_option_name();
    return "there is no option " + name + offer(name, flag_names(line));
  }
  if (const auto* needed = dynamic_cast<const po::required_option*>(&error))
    for (const auto& flag : flags_of(line))
      if ("--" + flag.name == needed->get_option_name())
        return (flag.positional ? flag.value : needed->get_option_name() + " " + flag.value) +
               " is missing: " + flag.meaning;
  if (const auto* twice = dynamic_cast<const po::multiple_occurrences*>(&error)) {
    for (const auto& flag : flags_of(line))
      if (flag.positional && "--" + flag.name == twice->get_option_name()) return "takes one " + flag.value + " only";
    return twice->get_option_name() + " is given more than once";
  }
  if (dynamic_cast<const po::too_many_positional_options_error*>(&error))
    return "takes " + (line.positional.empty() ? std::string("options alone") : "fewer arguments") +
           ", each of which begins with --";
  return error.what();
}

}  // namespace

bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values) {
  po::options_description all;
  all.add(line.options);
  all.add_options()("help,h", "");
  po::positional_options_description positions;
  for (size_t i = 0; i < line.positional.size(); ++i)
    positions.add(line.positional[i].c_str(), i + 1 == line.positional.size() ? -1 : 1);
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), values);
    if (values.count("help")) {
      if (declared)
        *declared = flags_of(line);
      else
        std::cout << help_text(line);
      return false;
    }
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(sentence_of(error, line));
  }
  return true;
}

std::vector<Flag> flags_of(int (*run)(int argc, char** argv)) {
  std::vector<Flag> flags;
  std::string name = "command", help = "--help";
  char* argv[] = {name.data(), help.data(), nullptr};
  declared = &flags;
  run(2, argv);
  declared = nullptr;
  return flags;
}

po::typed_value<std::string>* database_flag(std::string* file) {
  return po::value(file)->default_value(default_database)->value_name("FILE");
}

void add_artifacts_option(po::options_description& options, std::string* folder) {
  options.add_options()(
      "artifacts", po::value(folder)->default_value(*folder)->value_name("DIR"),
      "Folder of the sweeps' checkpoints and winners; hosts that share it go on with each other's runs");
}

std::string config_command(const std::string& command, const std::string& file,
                           const std::vector<std::string>& settings) {
  return "mdsearch " + command + " " + file +
         listed(settings, [](const std::string& setting) { return " --set " + setting; }, "");
}

}  // namespace mds
