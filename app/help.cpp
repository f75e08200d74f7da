// mdsearch help: describes commands, and every field of the files that mdsearch reads.
#include <iostream>

#include "app/command_help.h"
#include "app/run.h"
#include "app/usage_error.h"
#include "experiments/help/field_text.h"

namespace mds {
namespace {

struct HelpRequest {
  std::vector<std::string> topic;  // the words of a command; or a kind of file, with the path of a part: "train.loop"
  HelpFormat format = HelpFormat::table;
  bool all = false;
};

const Command* find_if_there(const std::string& name) {
  for (const auto& command : commands())
    if (command.name == name) return &command;
  return nullptr;
}

[[noreturn]] void refuse_topic(const std::string& topic) {
  std::vector<std::string> names;
  for (const auto& command : commands()) names.emplace_back(command.name);
  for (const auto& kind : file_kinds()) names.emplace_back(kind.name);
  throw UsageError("there is no command and no kind of file \"" + topic + "\"" + offer(topic, names));
}

int help_of_command(std::vector<std::string> words) {
  words.insert(words.begin(), "mdsearch");
  words.push_back("--help");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  std::string place = "mdsearch";
  return run_command(place, commands(), int(pointers.size()), pointers.data());
}

// Where the name of a file's kind is also the name of a command, this points to the other help.
std::string other_help(const FileKind& kind) {
  const std::string name(kind.name);
  return find_if_there(name)
             ? "These are the fields of a file. `mdsearch " + name + " --help` explains the command of that name.\n\n"
             : "";
}

std::string text_of(const FileKind& kind, const FieldType& type, HelpFormat format) {
  return (format == HelpFormat::table ? other_help(kind) : "") + fields_of_kind(kind, type, {format, help_width()});
}

int help_of(const HelpRequest& request) {
  const std::string& topic = request.topic.front();
  const auto dot = std::min(topic.find('.'), topic.size());
  const FileKind* kind = find_kind(topic.substr(0, dot));
  if (kind && request.topic.size() == 1) {
    const std::string path = topic.substr(std::min(dot + 1, topic.size()));
    try {
      FileKind part = *kind;
      part.name = topic;
      std::cout << text_of(part, part_of(kind->type(), path), request.format);
    } catch (const ConfigError& error) {
      throw UsageError(error.what());
    }
    return 0;
  }
  if (!find_if_there(topic)) refuse_topic(topic);
  if (request.format != HelpFormat::table)
    throw UsageError("--format is for kinds of file; " + topic + " is a command");
  return help_of_command(request.topic);
}

}  // namespace

int run_help(int argc, char** argv) {
  HelpRequest request;
  CommandLine line{.usage =
                       "mdsearch help [COMMAND | KIND] [--format table|md|json|json-schema]\n"
                       "       mdsearch help --all [--format table|md|json]",
                   .example = "mdsearch help sweep --format json-schema > sweep.schema.json",
                   .positional = {"topic"},
                   .notes = kinds_text(help_width())};
  line.options.add_options()("topic", po::value(&request.topic)->value_name("TOPIC"),
                             "A command, or a kind of file from the list below")(
      "format", choice(&request.format), "How fields are printed; json-schema is for editors")(
      "all", po::bool_switch(&request.all), "Every field of every kind of file");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  if (request.all && !request.topic.empty()) throw UsageError("--all takes no topic");
  if (request.all && request.format == HelpFormat::json_schema)
    throw UsageError("--all has no schema; name one kind of file");
  if (request.all) return std::cout << fields_of_all_kinds({request.format, help_width()}), 0;
  if (!request.topic.empty()) return help_of(request);
  std::cout << list_text("mdsearch", commands()) << "\n" << kinds_text(help_width()) << "\n";
  return 0;
}

}  // namespace mds
