#include "pipeline/python_json.h"

#include <array>
#include <filesystem>

#include "pipeline/mapped_file.h"

namespace mds {

std::string with_quoted_infinities(std::string_view text) {
  constexpr std::array<std::string_view, 3> words{"-Infinity", "Infinity", "NaN"};
  std::string result;
  bool inside = false;  // a text
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto* const word =
        inside ? words.end() : std::find_if(words.begin(), words.end(), [&](auto w) { return rest.starts_with(w); });
    if (word != words.end()) {
      result += '"' + std::string(*word) + '"';
      at += word->size();
      continue;
    }
    if (text[at] == '"') inside = !inside;
    const size_t count = inside && text[at] == '\\' ? 2 : 1;
    result += rest.substr(0, count);
    at += count;
  }
  return result;
}

Json json_if_there(const std::string& file) {
  if (!std::filesystem::exists(file)) return nullptr;
  Json json = parse_json(with_quoted_infinities(MappedFile(file).bytes()), file);
  if (json.is_object()) json.erase("$schema");
  return json;
}

}  // namespace mds
