// What every subcommand's command line shares: --help, arguments without a dash, values as people type them, and the
// options of computing.
#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <string>
#include <vector>

#include "app/flag_values.h"
#include "spec/fields.h"
#include "spec/nearest.h"

namespace mds {

// A subcommand's arguments. `positional` names the ones without a dash, in order; the last one may repeat if its value
// is a list.
struct CommandLine {
  std::string usage;    // "mdsearch spec NAME [options]"
  std::string example;  // one line that works
  po::options_description options{};
  std::vector<std::string> positional;
  std::string notes{};  // between the options and the example
};

// Returns false after printing the help that --help asks for; a wrong flag, a value that a flag does not take and a
// missing argument are UsageErrors.
bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values);

// The enumerator that a flag's value names; another value is a UsageError that offers the nearest name.
template <NamedEnum E>
E parse_choice(const std::string& flag, const std::string& value) {
  const auto& names = EnumNames<E>::names;
  for (size_t i = 0; i < names.size(); ++i)
    if (value == names[i]) return static_cast<E>(i);
  throw UsageError(flag + " is \"" + value + "\"" + offer(value, {names.begin(), names.end()}, "allowed"));
}

// Texts given by flag for fields of a described struct.
using GivenFields = std::map<std::string, std::string>;

// A flag --NAME for each field of a described struct of single values, with the field's own description.
template <Described T>
void add_described_options(po::options_description& options, GivenFields& given) {
  for (const auto& field : type_of(T{}).fields) {
    const auto take = [&given, name = field.name](const std::string& text) { given[name] = text; };
    options.add_options()(field.name.c_str(), (new FieldValue(field))->notifier(take), field.meaning.c_str());
  }
}

// `defaults` with the given fields in place; UsageError names the field, the value and what is allowed.
template <Described T>
T with_given(const T& defaults, const GivenFields& given) {
  Json json = to_json(defaults);
  for (const auto& [name, text] : given) assign(json, type_of(T{}), name + "=" + text);
  try {
    return from_json<T>(json, "command line");
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

// A described struct from its file, with the values of flags --set in place; ConfigError as from the file.
template <Described T>
T load_with(const std::string& file, const std::vector<std::string>& settings) {
  Json json = load_json(file);
  for (const auto& setting : settings) assign(json, type_of(T{}), setting);
  return from_json<T>(json, file);
}

struct ComputeOptions {
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
};
void add_compute_options(po::options_description& options, ComputeOptions& compute);
void apply(const ComputeOptions& compute);  // sets LibTorch's threads; UsageError for a device that is not there

}  // namespace mds
