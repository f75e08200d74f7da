#include "networks/network_spec.h"

#include <cstdlib>
#include <filesystem>

namespace mds {
namespace {

void resize(UNetSpec& spec, int64_t pixels) {
  require_divides("the latent's factor", pixels_a_latent, pixels);
  spec.size = pixels / pixels_a_latent;
}
void resize(TextTowerSpec&, int64_t) { throw UsageError("--size: a text tower has no picture size"); }
void resize(auto& spec, int64_t pixels) { spec.size = pixels; }

struct PatchedNetwork {
  std::string base;
  Json patch = Json::array();
  static void describe(auto& self, auto&& field) {
    field("base", self.base, "the network that is changed");
    field("patch", self.patch, "operations of RFC 6902");
  }
};

std::string shipped_names() {
  std::string names;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_file("configs/architectures")))
    names += (names.empty() ? "" : ", ") + entry.path().stem().string();
  return names;
}

std::string file_of(const std::string& name) {
  if (name.ends_with(".json")) return name;
  if (!std::filesystem::exists(shipped_file("configs/architectures") + "/" + name + ".json"))
    throw UsageError("no architecture \"" + name + "\"; shipped: " + shipped_names() + "; or give a .json file");
  return shipped_file("configs/architectures/" + name + ".json");
}

constexpr int most_bases = 32;

// A network's file as JSON, with the patches of its bases applied, the innermost first.
Json resolved(const std::string& file, int bases_left) {
  const Json json = load_json(file);
  if (!json.is_object() || !json.contains("base")) return json;
  const auto patched = from_json<PatchedNetwork>(json, file);
  if (bases_left == 0)
    throw ConfigError(file + ": base leads through more than " + std::to_string(most_bases) +
                      " files; is it a circle?");
  const bool beside = patched.base.ends_with(".json");
  const auto folder = std::filesystem::path(file).parent_path();
  const std::string base = beside ? (folder / patched.base).string() : file_of(patched.base);
  try {
    return resolved(base, bases_left - 1).patch(patched.patch);
  } catch (const Json::exception& error) {
    throw ConfigError(file + ": patch does not fit " + patched.base + ": " + error.what());
  }
}

}  // namespace

Plan make_plan(const NetworkSpec& spec) {
  return std::visit([](const auto& s) { return make_plan(s); }, spec);
}

NetworkSpec canonical(const NetworkSpec& spec) {
  const auto* unet = std::get_if<UNetSpec>(&spec);
  return unet ? NetworkSpec(canonical(*unet)) : spec;
}

std::string canonical_json(const NetworkSpec& spec) {
  Json json = to_json(canonical(spec));
  json["spec_version"] = spec_version;
  return json.dump();
}

std::string hash_of(const NetworkSpec& spec) { return sha256(canonical_json(spec)); }

NetworkSpec with_size(NetworkSpec spec, int64_t pixels) {
  std::visit([&](auto& s) { resize(s, pixels); }, spec);
  return spec;
}

std::string shipped_file(const std::string& relative) {
  if (relative.starts_with("/") && std::filesystem::exists(relative)) return relative;
  const char* home = std::getenv("MDSEARCH_HOME");
  for (const std::string& root : {std::string(home ? home : ""), std::string("."), std::string(MDS_HOME)})
    if (!root.empty() && std::filesystem::exists(root + "/" + relative))
      return root == "." ? relative : root + "/" + relative;
  throw FileError(relative +
                  ": not found in the working folder or beside the program; set MDSEARCH_HOME to the project's folder");
}

NetworkSpec network_from_json(Json json, const std::string& source) {
  if (const auto version = json.find("spec_version"); version != json.end()) {
    int64_t written = 0;
    read_json(*version, written, {source, "spec_version"}, between(1, spec_version));
    json.erase(version);
  }
  return from_json<NetworkSpec>(json, source);
}

NetworkSpec load_network(const std::string& name) {
  const std::string file = file_of(name);
  const auto spec = network_from_json(resolved(file, most_bases), file);
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
  throw UsageError("\"" + name + "\" is not a UNet");
}

}  // namespace mds
