#include "networks/network_file.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "networks/found_file.h"
#include "networks/patched_network.h"
#include "spec/listed.h"
#include "spec/nearest.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr const char* architectures = "configs/architectures";

// The networks that a model's card may hold, the main one first. A decoder's JSON says its own kind.
struct Part {
  std::string_view name, kind;
};
constexpr std::array parts{Part{"unet", UNetSpec::kind},
                           Part{"vae_decoder", ""},
                           Part{"vae_encoder", EncoderSpec::kind},
                           Part{"image_encoder", ImageTowerSpec::kind},
                           Part{"text_encoder", TextTowerSpec::kind},
                           Part{"adapter", AdapterSpec::kind},
                           Part{"controlnet", ControlNetSpec::kind},
                           Part{"hint", HintSpec::kind}};

// "vae_decoder" of "weights/emoji-md/vae_decoder"; empty where the last segment is not the name of a part.
std::string part_in(const std::string& name) {
  const std::string last = fs::path(name).filename().string();
  return std::ranges::count(parts, last, &Part::name) > 0 ? last : "";
}

std::string file_in(const fs::path& folder, const char* file) {
  const fs::path path = folder / file;
  std::error_code no_path;
  return fs::is_regular_file(path, no_path) ? path.lexically_normal().string() : "";
}

// The network in a model's card: the part `wanted`, or the first one that the card holds.
Json network_of_card(const Json& card, const std::string& wanted, const std::string& file) {
  std::vector<std::string> held;
  for (const auto& [name, kind] : parts) {
    const auto found = card.find(name);
    if (found == card.end() || !found->is_object()) continue;
    held.emplace_back(name);
    if (!wanted.empty() && wanted != name) continue;
    Json network = *found;
    if (!kind.empty()) network["kind"] = kind;
    return network;
  }
  throw ConfigError(file + ": holds no " + (wanted.empty() ? "network" : wanted) + "; it holds " +
                    (held.empty() ? "none" : listed(held)));
}

bool is_card(const Json& json) { return json.is_object() && json.contains("provenance") && !json.contains("kind"); }

constexpr int most_bases = 32;

std::string file_or_refuse(const std::string& name) {
  const std::string file = network_file(name);
  if (!file.empty()) return file;
  throw RequestError("there is no network \"" + name + "\"" + offer(name, shipped_networks(), "shipped") +
                     "; a .json file or a model folder is one too");
}

// A network's file as JSON. Patches on top of its bases are applied, beginning with the innermost base.
Json resolved(const std::string& name, int bases_left) {
  const std::string file = file_or_refuse(name);
  const Json json = load_json(file);
  if (is_card(json)) return network_of_card(json, part_in(name), file);
  if (!json.is_object() || !json.contains("base")) return json;
  const auto change = from_json<PatchedNetwork>(json, file);
  if (bases_left == 0)
    throw ConfigError(file + ": base leads through more than " + std::to_string(most_bases) +
                      " files; is it a circle?");
  const bool beside = change.base.ends_with(".json");
  const std::string base = beside ? (fs::path(file).parent_path() / change.base).string() : change.base;
  return patched(network_from_json(resolved(base, bases_left - 1), base), change, {file, "patch"});
}

// PREFIX/share/mdsearch of a program PREFIX/bin/mdsearch, wherever the prefix was moved.
std::string beside_program() {
  std::error_code none;
  return (fs::read_symlink("/proc/self/exe", none).parent_path().parent_path() / "share/mdsearch").string();
}

}  // namespace

std::vector<std::string> shipped_networks() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(shipped_file(architectures)))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string network_file(const std::string& name) {
  if (name.ends_with(".json")) return found_file(name);
  const fs::path shipped = fs::path(shipped_file(architectures)) / (name + ".json");
  if (!name.empty() && is_there(shipped)) return shipped.string();
  if (!part_in(name).empty()) return file_in(found_file(fs::path(name).parent_path().string()), "model.json");
  const std::string folder = found_file(name), spec = file_in(folder, "spec.json");
  return spec.empty() ? file_in(folder, "model.json") : spec;
}

std::string spec_text(const NetworkSpec& spec) { return Json::parse(canonical_json(spec)).dump(2) + "\n"; }

NetworkSpec load_network(const std::string& name) {
  const std::string file = file_or_refuse(name);
  const auto spec = network_from_json(resolved(name, most_bases), file);
  try {
    make_plan(spec);
  } catch (const ConfigError& error) {
    throw ConfigError(file + ": " + error.what());
  }
  return spec;
}

UNetSpec load_unet(const std::string& name) {
  const auto spec = load_network(name);
  if (const auto* unet = std::get_if<UNetSpec>(&spec)) return *unet;
  throw RequestError("\"" + name + "\" is not a UNet");
}

std::string shipped_file(const std::string& relative) {
  if (relative.starts_with("/") && is_there(relative)) return relative;
  const char* home = std::getenv("MDSEARCH_HOME");
  for (const std::string& root : {std::string(home ? home : ""), std::string("."), beside_program(),
                                  std::string(MDS_HOME), std::string(MDS_INSTALLED)})
    if (!root.empty() && is_there(root + "/" + relative)) return root == "." ? relative : root + "/" + relative;
  throw FileError(relative +
                  ": not found in the working folder or beside the program; set MDSEARCH_HOME to the project's folder");
}

}  // namespace mds
