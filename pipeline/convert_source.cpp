#include "pipeline/convert_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <tuple>

#include "networks/network_spec.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr std::array component_folders = {"unet", "vae", "text_encoder", "text_encoder_2"};
constexpr std::array usual_stems = {"diffusion_pytorch_model", "model", "open_clip_model"};
constexpr const char* averaged_prefix = "model_ema.";

// A file of weights by its name: "diffusion_pytorch_model.fp16.safetensors", or the index of its shards,
// "model.safetensors.index.fp16.json".
struct Copy {
  fs::path file{};
  std::string stem{}, variant{};
  bool is_shard = false;
};

std::optional<Copy> copy_of(const fs::path& file) {
  static const std::regex shard(R"(.+-\d{5}-of-\d{5}(\.[^.]+)?\.safetensors)");
  static const std::regex usual(R"((diffusion_pytorch_model|model|open_clip_model))"
                                R"((?:\.([^.]+)\.safetensors|\.safetensors\.index\.([^.]+)\.json))");
  const std::string name = file.filename().string();
  std::smatch found;
  if (std::regex_match(name, shard)) return Copy{.file = file, .is_shard = true};
  if (std::regex_match(name, found, usual)) return Copy{file, found[1], found[2].str() + found[3].str()};
  for (const std::string ending : {".safetensors", ".safetensors.index.json"})
    if (name.ends_with(ending)) return Copy{.file = file, .stem = name.substr(0, name.size() - ending.size())};
  return std::nullopt;
}

bool is_precision(const std::string& variant) {
  return variant.empty() || variant == "fp32" || variant == "bf16" || variant == "fp16";
}

// The copy with the library's usual name and most precision first, then averages, then whatever else there is.
auto preference(const Copy& copy) {
  constexpr std::array variants{"", "fp32", "bf16", "fp16", "ema"};
  const auto rank = std::ranges::find(variants, copy.variant) - variants.begin();
  return std::tuple(std::ranges::find(usual_stems, copy.stem) - usual_stems.begin(), rank, copy.file);
}

std::vector<Copy> copies_in(const fs::path& folder) {
  std::vector<Copy> copies;
  for (const auto& entry : fs::directory_iterator(folder))
    if (const auto copy = copy_of(entry.path())) copies.push_back(*copy);
  std::ranges::sort(copies, {}, preference);
  return copies;
}

// Empty unless the folder has safetensors of a library's usual name, or only one of any name.
std::string weights_in(const fs::path& folder, const Note& note) {
  std::vector<Copy> copies = copies_in(folder);
  const bool has_shards = std::erase_if(copies, [](const Copy& copy) { return copy.is_shard; }) > 0;
  if (copies.empty() && has_shards)
    throw FileError(folder.string() + ": holds shards without their index; expected a file such as " +
                    "diffusion_pytorch_model.safetensors.index.json");
  std::string others;
  for (const auto& copy : copies)
    if (!is_precision(copy.variant) && copy.file != copies[0].file && copy.stem == copies[0].stem)
      others += (others.empty() ? "" : ", ") + copy.file.filename().string();
  const bool usual = !copies.empty() && std::ranges::find(usual_stems, copies[0].stem) != usual_stems.end();
  if (!usual && copies.size() != 1) return {};
  if (!others.empty()) note(copies[0].file.string() + " is taken, and not " + others + " beside it");
  return copies[0].file.string();
}

WeightSource source_of(const std::string& file) {
  const fs::path folder = fs::path(file).parent_path();
  const bool of_open_clip = fs::path(file).filename().string().starts_with("open_clip");
  const std::string config = (folder / (of_open_clip ? "open_clip_config.json" : "config.json")).string();
  return {.file = file, .config = json_if_there(config), .config_file = config};
}

// The name of a weight that no other part has: a file that has it contains the part. Many begin alike, with
// conv_in.
std::string landmark(const Dialect& dialect) {
  Plan plan = [&] {
    switch (dialect.kind) {
      case PartKind::unet:
        return make_plan(UNetSpec{});
      case PartKind::vae_encoder:
        return make_plan(EncoderSpec{});
      case PartKind::vae_decoder:
        return make_plan(DecoderSpec{});
      case PartKind::text_encoder:
        return make_plan(TextTowerSpec{});
      case PartKind::adapter:
        return make_plan(AdapterSpec{});
      case PartKind::controlnet:
        return make_plan(ControlNetSpec{});
      case PartKind::hint:
        return make_plan(HintSpec{});
      default:
        return make_plan(ImageTowerSpec{});
    }
  }();
  if (dialect.kind == PartKind::unet || dialect.kind == PartKind::controlnet)
    plan.steps.erase(plan.steps.begin(), plan.steps.end() - 1);
  if (dialect.kind == PartKind::adapter || dialect.kind == PartKind::hint)
    std::erase_if(plan.steps, [](const PlanStep& step) { return step.path == "unshuffle" || step.path == "conv_in"; });
  return foreign_names(plan, dialect).front().theirs;
}

void find_in(const WeightSource& source, Layout layout, std::vector<FoundPart>& found) {
  const TensorMap file = load_tensors(source.file).tensors;
  std::set<std::pair<PartKind, std::string>> seen;
  for (const auto& dialect : dialects())
    for (const auto& use : dialect.uses)
      for (const auto prefix : use.prefixes) {
        const std::string begin(prefix);
        if (use.layout != layout || !file.contains(begin + landmark(dialect))) continue;
        if (!seen.insert({dialect.kind, begin}).second) continue;
        found.push_back({.part = std::string(name_of(dialect.kind)),
                         .kind = dialect.kind,
                         .layout = dialect.uses.front().layout,
                         .prefix = begin,
                         .tensors = with_prefix(file, begin),
                         .source = source});
      }
}

void note_averages(const WeightSource& source, const Note& note) {
  const TensorMap file = load_tensors(source.file).tensors;
  const auto first = file.lower_bound(averaged_prefix);
  if (first != file.end() && first->first.starts_with(averaged_prefix))
    note(source.file + " also holds averaged weights (" + averaged_prefix +
         "); the others are taken, as diffusers does");
}

[[noreturn]] void fail_without_parts(Layout layout, const WeightSource& source) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : load_tensors(source.file).tensors) names.push_back(name);
  const std::string_view like = layout_that_looks_like(names);
  throw FileError(source.file + ": none of its " + std::to_string(names.size()) + " tensors has a name of the " +
                  std::string(name_of(layout)) + " layout" +
                  (like.empty() ? "" : "; they look like the " + std::string(like) + " layout"));
}

std::vector<WeightSource> component_sources(const fs::path& in, const Note& note) {
  std::vector<WeightSource> sources;
  for (const std::string component : component_folders) {
    const fs::path folder = in / component;
    if (!fs::is_directory(folder)) continue;
    const std::string file = weights_in(folder, note);
    if (file.empty()) throw FileError(folder.string() + ": holds no .safetensors weights; other formats are not read");
    if (fs::is_directory(in / (component + "_ema")))
      note(folder.string() + " is taken, and not its average " + component + "_ema");
    sources.push_back(source_of(file));
  }
  return sources;
}

}  // namespace

std::string beside(const ConvertRequest& request, const std::string& name) {
  const fs::path in = request.in;
  return ((fs::is_directory(in) ? in : in.parent_path()) / name).string();
}

std::vector<WeightSource> weight_sources(Layout layout, const std::string& in, const Note& note) {
  if (!fs::is_directory(in)) return {source_of(in)};
  std::vector<WeightSource> sources;
  if (layout == Layout::diffusers) sources = component_sources(in, note);
  const std::vector<Copy> beside_them = sources.empty() ? std::vector<Copy>() : copies_in(in);
  for (const auto& copy : beside_them) note(copy.file.string() + " is left out: the folders beside it are the model");
  if (!sources.empty()) return sources;
  if (const std::string file = weights_in(in, note); !file.empty()) return {source_of(file)};
  throw FileError(in + ": holds no .safetensors weights" +
                  (layout == Layout::diffusers ? ", nor a folder unet, vae or text_encoder" : ""));
}

std::vector<FoundPart> find_parts(Layout layout, const std::vector<WeightSource>& sources, const Note& note) {
  std::vector<FoundPart> found;
  for (const auto& source : sources) {
    const size_t before = found.size();
    find_in(source, layout, found);
    if (found.size() > before) note_averages(source, note);
    if (found.size() == before) fail_without_parts(layout, source);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& x, const auto& y) { return x.kind < y.kind; });
  for (size_t i = 1; i < found.size(); ++i) {
    if (found[i].kind != found[i - 1].kind) continue;
    if (found[i - 1].part != "text_encoder")
      throw FileError(found[i].source.file + ": a second " + found[i].part + "; expected one");
    found[i].part = "text_encoder_2";
  }
  return found;
}

}  // namespace mds
