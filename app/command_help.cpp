#include "app/command_help.h"

#include <algorithm>
#include <cstdlib>

#include "spec/listed.h"
#include "spec/number.h"
#include "spec/wrapped.h"

namespace mds {
namespace {

constexpr size_t column = 24;  // where the descriptions of flags begin

std::string upper(std::string text) {
  for (char& letter : text)
    if (letter >= 'a' && letter <= 'z') letter = char(letter - 'a' + 'A');
  return text;
}

Flag flag_of(const po::option_description& option, const CommandLine& line) {
  Flag flag{.name = option.long_name(), .meaning = option.description()};
  flag.positional = std::ranges::find(line.positional, flag.name) != line.positional.end();
  const auto semantic = option.semantic();
  if (semantic->max_tokens() == 0) return flag;
  const std::string shown = option.format_parameter(), mark = " (=";  // "N (=20)"
  const auto found = shown.find(mark);
  flag.value = shown.substr(0, found);
  if (flag.value == "arg") flag.value = flag.positional ? upper(flag.name) : "VALUE";
  if (found != std::string::npos)
    flag.fallback = shown.substr(found + mark.size(), shown.size() - found - mark.size() - 1);
  if (const auto* limits = dynamic_cast<const FlagLimits*>(semantic.get())) {
    flag.range = limits->range();
    flag.names = limits->names();
  }
  return flag;
}

// "(1 to 64; default: 8)".
std::string limits_text(const Flag& flag) {
  std::string text = flag.names.empty() ? flag.range : listed(flag.names);
  if (!flag.fallback.empty()) text += (text.empty() ? "" : "; ") + std::string("default: ") + flag.fallback;
  return text.empty() ? "" : " (" + text + ")";
}

std::string row(const std::string& left, const std::string& right) {
  const std::string head = "  " + left;
  const bool fits = head.size() + 2 <= column;
  const std::string gap = fits ? std::string(column - head.size(), ' ') : "\n" + std::string(column, ' ');
  return head + gap + wrapped(right, column, help_width() - column) + "\n";
}

std::string rows(const std::vector<Flag>& flags, bool positional) {
  std::string text;
  for (const auto& flag : flags)
    if (flag.positional == positional)
      text += row(positional ? flag.value : "--" + flag.name + (flag.value.empty() ? "" : " " + flag.value),
                  flag.meaning + limits_text(flag));
  return text;
}

}  // namespace

std::vector<Flag> flags_of(const CommandLine& line) {
  std::vector<Flag> flags;
  for (const auto& option : line.options.options()) flags.push_back(flag_of(*option, line));
  return flags;
}

std::string help_text(const CommandLine& line) {
  const auto flags = flags_of(line);
  const std::string arguments = rows(flags, true);
  std::string text = "usage: " + line.usage + "\n";
  if (!arguments.empty()) text += "\nArguments:\n" + arguments;
  text += "\nOptions:\n" + rows(flags, false) + row("--help", "Print this help.");
  if (!line.notes.empty()) text += "\n" + line.notes + "\n";
  return text + "\nexample: " + line.example + "\n";
}

size_t help_width() {
  const char* columns = std::getenv("COLUMNS");
  const auto given = parse_whole(columns ? columns : "");
  return size_t(given ? std::clamp<int64_t>(*given, 40, 120) : 100);
}

}  // namespace mds
