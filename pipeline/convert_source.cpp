#include "pipeline/convert_source.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "networks/network_spec.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr std::array component_folders = {"unet", "vae", "text_encoder", "text_encoder_2"};

// Prefers full precision. Empty unless the folder has safetensors of a library's usual name, or only one of any name.
std::string weights_in(const fs::path& folder) {
  for (const std::string name : {"diffusion_pytorch_model", "model", "open_clip_model"})
    for (const std::string ending : {".safetensors", ".safetensors.index.json", ".fp16.safetensors"})
      if (fs::exists(folder / (name + ending))) return (folder / (name + ending)).string();
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path().string());
  return files.size() == 1 ? files[0] : "";
}

WeightSource source_of(const std::string& file) {
  const fs::path folder = fs::path(file).parent_path();
  const bool of_open_clip = fs::path(file).filename().string().starts_with("open_clip");
  const std::string config = (folder / (of_open_clip ? "open_clip_config.json" : "config.json")).string();
  return {.file = file, .config = json_if_there(config), .config_file = config};
}

// The name of a dialect's first weight: a file that has it contains the part.
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
      default:
        return make_plan(ImageTowerSpec{});
    }
  }();
  plan.steps.resize(1);
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

[[noreturn]] void fail_without_parts(Layout layout, const WeightSource& source) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : load_tensors(source.file).tensors) names.push_back(name);
  const std::string_view like = layout_that_looks_like(names);
  throw FileError(source.file + ": none of its " + std::to_string(names.size()) + " tensors has a name of the " +
                  std::string(name_of(layout)) + " layout" +
                  (like.empty() ? "" : "; they look like the " + std::string(like) + " layout"));
}

}  // namespace

std::string beside(const ConvertRequest& request, const std::string& name) {
  const fs::path in = request.in;
  return ((fs::is_directory(in) ? in : in.parent_path()) / name).string();
}

std::vector<WeightSource> weight_sources(Layout layout, const std::string& in) {
  if (!fs::is_directory(in)) return {source_of(in)};
  if (const std::string file = weights_in(in); !file.empty()) return {source_of(file)};
  std::vector<WeightSource> sources;
  for (const std::string component : component_folders) {
    const fs::path folder = fs::path(in) / component;
    if (layout != Layout::diffusers || !fs::is_directory(folder)) continue;
    const std::string file = weights_in(folder);
    if (file.empty()) throw FileError(folder.string() + ": holds no .safetensors weights; other formats are not read");
    sources.push_back(source_of(file));
  }
  if (sources.empty())
    throw FileError(in + ": holds no .safetensors weights" +
                    (layout == Layout::diffusers ? ", nor a folder unet, vae or text_encoder" : ""));
  return sources;
}

std::vector<FoundPart> find_parts(Layout layout, const std::vector<WeightSource>& sources) {
  std::vector<FoundPart> found;
  for (const auto& source : sources) {
    const size_t before = found.size();
    find_in(source, layout, found);
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
