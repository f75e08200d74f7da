#include "data/prompt_file.h"

#include "data/utf8.h"
#include "spec/describe.h"
#include "spec/text_lines.h"

namespace mds {
namespace {

std::string prompt_in(const std::string& line, const Place& place) {
  const Json json = parse_json(line, place.source, most_prompt_bytes);
  if (json.is_string()) return json.get<std::string>();
  for (const char* key : {"prompt", "text", "caption"})
    if (const auto found = json.is_object() ? json.find(key) : json.end(); found != json.end()) {
      check_type(place.child(key), *found, found->is_string(), "text");
      return found->get<std::string>();
    }
  place.fail("is " + shown(json) + "; expected a text, or an object with \"prompt\", \"text\" or \"caption\"");
}

}  // namespace

std::vector<std::string> load_prompts(const std::string& file) {
  TextLines lines(file, {most_prompt_bytes, most_prompt_file_bytes});
  const bool of_json = file.ends_with(".jsonl");
  std::vector<std::string> prompts;
  for (std::string line; lines.next(line);) {
    if (!is_utf8(line)) throw FileError(lines.place() + ": is not UTF-8");
    if (of_json ? trimmed(line).empty() : line.empty()) continue;
    prompts.push_back(of_json ? prompt_in(line, {lines.place(), ""}) : line);
  }
  if (prompts.empty()) throw FileError(file + ": holds no prompt; expected one a line");
  return prompts;
}

}  // namespace mds
