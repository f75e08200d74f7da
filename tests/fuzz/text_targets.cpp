// Networks, spaces, prompts, merges of a tokenizer, and texts that it splits.
#include <filesystem>

#include "data/prompt_file.h"
#include "networks/network_spec.h"
#include "pipeline/tokenizer.h"
#include "search/space.h"
#include "tests/fuzz/target_lists.h"

namespace mds::fuzz {
namespace {

std::string shipped(const std::string& file) { return bytes_of(MDS_SOURCE_DIR "/" + file); }

std::string network_file(const std::string& name) { return shipped("configs/architectures/" + name + ".json"); }

void read_network(const std::string& input) {
  const NetworkSpec spec = network_from_json(parse_json(input, "network"), "network");
  hash_of(spec);
  cost(make_plan(spec));
}

void add_fields(const auto& spec, std::vector<std::string>& tokens) {
  std::decay_t<decltype(spec)>::describe(spec, [&](std::string_view name, const auto&, std::string_view, Range = {}) {
    tokens.push_back("\"" + std::string(name) + "\":");
  });
}

Target networks() {
  Target target{.name = "network", .read = read_network, .share = 150};
  for (const char* name : {"mobilediffusion", "sdxl", "md-vae-decoder-light", "taesd-decoder", "clip-vit-b-32-text",
                           "clip-vit-b-32", "inception-v3-fid", "lpips-alex", "efficientnet-lite0"})
    target.seeds.push_back(network_file(name));
  add_fields(UNetSpec{}, target.tokens);
  add_fields(LevelSpec{}, target.tokens);
  for (const char* word : {"\"separable\"", "\"full\"", "[0, 1]", "\"kind\": \"unet\"", "{\"levels\": [{}]}"})
    target.tokens.push_back(word);
  return target;
}

void read_space(const std::string& input) {
  const std::string file = file_with("space.json", input);
  const Space space(load_space(file), file);
  for (const auto& beginning : space.beginnings(20)) space.is_point(beginning);
}

Target spaces() {
  const std::string small = R"({"base": "mobilediffusion", "choices": [
    {"name": "w", "path": "levels.2.width", "values": [768, 832]},
    {"name": "k", "path": "levels.1.kernel", "range": {"from": 3, "to": 7, "step": 2}, "when": {"levels.2.width": [768]}},
    {"name": "u", "path": "levels.2.up", "entries": [1, 2], "lengths": [2, 3]}],
    "constraints": [{"at_most": ["levels.1.width", "levels.2.width"]}]})";
  return {.name = "space",
          .seeds = {small, shipped("configs/spaces/quickstart.json"), shipped("configs/spaces/mobilediffusion.json")},
          .tokens = {"\"when\":", "\"options\":", "\"levels\"", "\"levels.0.width\"",
                     "\"sum\":", "\"length\":", "\"multiple_of\":"},
          .read = read_space,
          .share = 50};
}

Target prompts() {
  return {.name = "prompts",
          .seeds = {"red heart\nblue square\n", "{\"prompt\": \"red heart\"}\n\"blue\"\n{\"caption\": \"\\u00e9\"}\n"},
          .tokens = {"\"text\":", "\"prompt\":", "\r\n"},
          .read =
              [](const std::string& input) {
                load_prompts(file_with(input.starts_with('{') ? "prompts.jsonl" : "prompts.txt", input));
              },
          .share = 50};
}

constexpr int64_t few_merges = 6;

Target merges() {
  return {
      .name = "merges",
      .seeds = {"#version: 0.2\ni n\nt h\na n\nr e\na r\ne r</w>\n", "t h\nth e</w>\na n\nan d</w>\ni n\nin g</w>\n"},
      .tokens = {"</w>", "\xc4\xa0", "#version", " "},
      .read =
          [](const std::string& input) {
            const Tokenizer tokenizer(input, {.merges = few_merges});
            tokenizer.encode_padded("the ant and the heart", 8);
          },
      .share = 100};
}

void read_text(const std::string& input) {
  static const std::string merges = shipped("weights/emoji-md/merges.txt");
  static const int64_t count = std::count(merges.begin(), merges.end(), '\n') - 1;
  static const Tokenizer hf(merges, {.merges = count}),
      openai(merges, {.merges = count, .mode = TokenizerMode::openai});
  for (const Tokenizer* tokenizer : {&hf, &openai}) {
    for (const int64_t id : tokenizer->encode_padded(input, 77))
      if (id < 0 || id >= tokenizer->vocabulary()) throw std::logic_error("an id is outside of the vocabulary");
    if (const auto cut = tokenizer->truncation(input, 77)) to_string(*cut);
  }
}

Target texts() {
  return {
      .name = "text",
      .seeds = {"a red heart, don't  break it!", "l'\xc3\xa9t\xc3\xa9 \xe2\x80\x93 &amp;amp; &lt;b&gt; &#x1F600; 123",
                "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 \xe6\x97\xa5\xe6\x9c\xac <|endoftext|> \xc3\x83\xc2\xa9"},
      .tokens = {"<|startoftext|>", "<|endoftext|>", "&#", "&#x110000;", "&nbsp;", "'ll", "\xcc\x81", "\xce\xa3",
                 "\xe2\x80\x8d", "\xef\xbf\xbd", "\xc3\xa2\xe2\x82\xac\xe2\x84\xa2", "\xf4\x8f\xbf\xbf", "&amp;",
                 "\xc2\xad"},
      .read = read_text,
      .share = 150};
}

}  // namespace

std::vector<Target> text_targets() { return {networks(), spaces(), prompts(), merges(), texts()}; }

}  // namespace mds::fuzz
