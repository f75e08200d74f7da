#include "pipeline/convert_tokenizer.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <sstream>

#include "pipeline/mapped_file.h"

namespace mds {
namespace {

constexpr int64_t byte_symbols_and_ends = 514;
constexpr const char* merges_header = "#version";

std::string text_of(const Json& token) {
  const Json text = token.is_object() ? token.value("content", Json()) : token;
  return text.is_string() ? text.get<std::string>() : "";
}

// A merge of tokenizer.json: a pair of texts, or both in one text.
std::string merge_of(const Json& merge, const Place& place) {
  if (merge.is_string()) return merge.get<std::string>();
  if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string())
    place.fail("is " + shown(merge) + "; expected a pair of texts");
  return merge[0].get<std::string>() + " " + merge[1].get<std::string>();
}

std::string merges_in(const std::string& file) {
  if (!file.ends_with(".json")) return std::string(MappedFile(file).bytes());
  const Json json = json_if_there(file), model = json.is_object() ? json.value("model", Json()) : Json();
  const Json merges = model.is_object() ? model.value("merges", Json()) : Json();
  const Place place{file, "model.merges"};
  check_type(place, merges, merges.is_array(), "the list of a byte-pair tokenizer's merges");
  std::string text = std::string(merges_header) + ": 0.2\n";
  for (size_t i = 0; i < merges.size(); ++i) text += merge_of(merges[i], place.child(i)) + "\n";
  return text;
}

int64_t count_merges(const std::string& merges) {
  std::istringstream lines(merges);
  int64_t count = 0;
  for (std::string line; std::getline(lines, line);) count += !line.empty() && !line.starts_with(merges_header);
  return count;
}

// The names of tokens from id `first` on, where the tokenizer's files in one of the folders have them.
std::vector<std::string> added_tokens(const ConvertRequest& request, const std::vector<std::string>& folders,
                                      int64_t first) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    const Json old = json_if_there(beside(request, folder + "added_tokens.json"));
    if (old.is_object())
      for (const auto& [name, id] : old.items())
        if (id.is_number_integer() && id >= first) names.push_back(name);
    const Json now = json_if_there(beside(request, folder + "tokenizer.json"));
    const Json list = now.is_object() && names.empty() ? now.value("added_tokens", Json()) : Json();
    for (const auto& token : list)
      if (token.is_object() && token.value("id", Json()).is_number_integer() && token["id"] >= first)
        names.push_back(text_of(token));
  }
  return names;
}

}  // namespace

std::string find_merges(const ConvertRequest& request) {
  if (!request.merges.empty()) return merges_in(request.merges);
  for (const std::string name : {"tokenizer/merges.txt", "merges.txt", "tokenizer/tokenizer.json", "tokenizer.json"})
    if (const std::string file = beside(request, name); std::filesystem::exists(file)) return merges_in(file);
  return {};
}

TokenizerConfig tokenizer_of(const FoundText& text, const ConvertRequest& request,
                             const std::vector<std::string>& folders) {
  TokenizerConfig config{.merges = text.tower.vocabulary - byte_symbols_and_ends};
  if (text.layout == Layout::open_clip) config.pad = 0;
  for (const auto& folder : folders)
    for (const std::string name : {"special_tokens_map.json", "tokenizer_config.json"}) {
      const std::string file = beside(request, folder + name);
      const Json special = json_if_there(file);
      const std::string pad = special.is_object() ? text_of(special.value("pad_token", Json(nullptr))) : "";
      if (pad.empty()) continue;
      if (pad != "!" && pad != "<|endoftext|>")
        throw ConfigError(file + ": pad_token is " + shown(pad) + "; allowed: <|endoftext|>, !");
      config.pad = pad == "!" ? 0 : -1;
      return config;
    }
  return config;
}

void cut_added_tokens(FoundPart& part, const std::string& merges, const ConvertRequest& request, const Note& note) {
  if (part.kind != PartKind::text_encoder || merges.empty()) return;
  const int64_t vocabulary = count_merges(merges) + byte_symbols_and_ends;
  for (auto& [name, tensor] : part.tensors) {
    if (!name.ends_with("token_embedding.weight") || tensor.dim() != 2 || tensor.size(0) <= vocabulary) continue;
    std::string names;
    const std::string own = part.part == "text_encoder" ? "tokenizer/" : "tokenizer_2/";
    for (const auto& token : added_tokens(request, {own, ""}, vocabulary))
      names += (names.empty() ? ": " : ", ") + shown(token);
    note(part.source.file + ": " + name + " has " + std::to_string(tensor.size(0) - vocabulary) +
         " rows of added tokens behind the vocabulary of " + std::to_string(vocabulary) + ", which are left out" +
         names);
    tensor = tensor.narrow(0, 0, vocabulary);
  }
}

}  // namespace mds
