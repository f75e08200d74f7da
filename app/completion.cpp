// mdsearch completion: prints the bash script that completes commands, options and names. The script is made from the
// program's own lists and command lines, so it matches this program.
#include <iostream>

#include "app/command_help.h"
#include "app/run.h"
#include "experiments/help/file_kinds.h"
#include "search/named_network.h"
#include "spec/listed.h"

namespace mds {
namespace {

// What the script offers as the value of a flag: names, files or folders.
std::string reply_of(const Flag& flag, const std::string& networks) {
  if (!flag.names.empty()) return "words " + listed(flag.names, std::identity(), " ");
  if (flag.value.starts_with("DIR")) return "folders";
  if (flag.value == "NETWORK") return "words_and_files " + networks;
  return flag.value == "N" || flag.value == "NAME" || flag.value == "TEXT" ? "nothing" : "files";
}

// One case of the script: the options of a command, the values that each takes, and what its argument may be.
std::string case_of(const std::string& words, const Command& command, const std::string& networks) {
  std::string options, values, argument = "files";
  for (const auto& flag : flags_of(command.run)) {
    if (flag.positional) {
      argument = reply_of(flag, networks);
      continue;
    }
    options += " --" + flag.name;
    if (!flag.value.empty()) values += "        --" + flag.name + ") " + reply_of(flag, networks) + "; return ;;\n";
  }
  return "    \"" + words + "\")\n      case $before in\n" + values + "      esac\n      options '" + options +
         " --help' || " + argument + " ;;\n";
}

std::string names_in(std::span<const Command> list) { return listed(list, &Command::name, " "); }

std::string cases_of(const std::string& words, std::span<const Command> list, const std::string& networks) {
  std::string text = "    \"" + words + "\") words " + names_in(list) + " --help ;;\n";
  for (const auto& command : list) {
    const std::string path = (words.empty() ? "" : words + " ") + std::string(command.name);
    text += command.parts ? cases_of(path, command.parts(), networks) : case_of(path, command, networks);
  }
  return text;
}

// The first words of two-word commands, which the script needs to parse a line.
std::string first_words(std::span<const Command> list) {
  std::string text;
  for (const auto& command : list)
    if (command.parts) text += (text.empty() ? "" : "|") + std::string(command.name);
  return text.empty() ? "-" : text;
}

std::string bash_script() {
  std::string networks;
  for (const auto& [name, hash] : shipped_hashes()) networks += (networks.empty() ? "" : " ") + name;
  return R"(# Completion of mdsearch for bash: source <(mdsearch completion bash)
_mdsearch() {
  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=
  if (( COMP_CWORD > 1 )); then words=${COMP_WORDS[1]}; fi
  case $words in )" +
         first_words(commands()) + R"()
    if (( COMP_CWORD > 2 )); then words+=" ${COMP_WORDS[2]}"; fi ;;
  esac
  words() { mapfile -t COMPREPLY < <(compgen -W "$*" -- "$now"); }
  files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$now"); }
  folders() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$now"); }
  words_and_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -W "$*" -- "$now"; compgen -f -- "$now"); }
  nothing() { COMPREPLY=(); }
  options() { [[ $now == -* ]] && words "$1"; }
  case $words in
)" + cases_of("", commands(), networks) +
         R"(  esac
  unset -f words files folders words_and_files nothing options
}
complete -F _mdsearch mdsearch
)";
}

}  // namespace

int run_completion(int argc, char** argv) {
  std::string shell;
  CommandLine line{.usage = "mdsearch completion bash",
                   .example = "echo 'source <(mdsearch completion bash)' >> ~/.bashrc",
                   .positional = {"shell"},
                   .notes =
                       "Nothing is installed: the script goes to stdout. It knows the commands, options, networks "
                       "and reports of this program,\nso print it again after an update."};
  line.options.add_options()("shell", one_of(&shell, {"bash"})->required(), "Shell for which the script is printed");
  po::variables_map values;
  if (parse(line, argc, argv, values)) std::cout << bash_script();
  return 0;
}

}  // namespace mds
