// What every subcommand's command line shares: --help, positional arguments, --format and the options of computing.
#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

namespace po = boost::program_options;

// Parses a subcommand's arguments. Returns false after printing the help that --help asks for; a wrong flag or a
// missing argument is a UsageError. `positional` names the arguments without a dash, in order; the last one may repeat.
struct CommandLine {
  std::string usage;    // "mdsearch spec NAME [options]"
  std::string example;  // one line that works
  po::options_description options{"Options"};
  std::vector<std::string> positional;
  std::string notes{};  // between the options and the example
};
bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values);

// The enumerator that a flag's value names; another value is a UsageError that lists the names.
template <NamedEnum E>
E parse_choice(const std::string& flag, const std::string& value) {
  std::string valid;
  for (size_t i = 0; i < EnumNames<E>::names.size(); ++i) {
    if (value == EnumNames<E>::names[i]) return static_cast<E>(i);
    valid += (i ? ", " : "") + std::string(EnumNames<E>::names[i]);
  }
  throw UsageError(flag + " is \"" + value + "\"; allowed: " + valid);
}

// Texts given by flag for fields of a described struct.
using GivenFields = std::map<std::string, std::string>;

// A flag --NAME for each field of a described struct of single values, with the field's own description.
template <Described T>
void add_described_options(po::options_description& options, GivenFields& given) {
  T fields{};
  T::describe(fields, [&](std::string_view field, auto&, std::string_view what, Range = {}) {
    const std::string name(field);
    const auto value = po::value<std::string>()->value_name("V")->notifier(
        [&given, name](const std::string& text) { given[name] = text; });
    options.add_options()(name.c_str(), value, std::string(what).c_str());
  });
}

// `defaults` with the given fields in place; UsageError names the field, the value and what is allowed.
template <Described T>
T with_given(const T& defaults, const GivenFields& given) {
  Json json = to_json(defaults);
  for (const auto& [name, text] : given) overlay(json, name + "=" + text);
  try {
    return from_json<T>(json, "command line");
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

struct ComputeOptions {
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
};
void add_compute_options(po::options_description& options, ComputeOptions& compute);
void apply(const ComputeOptions& compute);  // sets LibTorch's threads; UsageError for a device that is not there

}  // namespace mds
