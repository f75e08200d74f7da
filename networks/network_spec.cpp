#include "networks/network_spec.h"

#include <cstdlib>
#include <filesystem>

namespace mds {
namespace {

void resize(UNetSpec& spec, int64_t pixels) {
  require_divides("the latent's factor", 8, pixels);
  spec.size = pixels / 8;
}
void resize(TextTowerSpec&, int64_t) { throw UsageError("--size: a text tower has no picture size"); }
void resize(auto& spec, int64_t pixels) { spec.size = pixels; }

std::string shipped_names() {
  std::string names;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_file("configs/architectures")))
    names += (names.empty() ? "" : ", ") + entry.path().stem().string();
  return names;
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

NetworkSpec load_network(const std::string& name) {
  const bool is_file = name.ends_with(".json");
  if (!is_file && !std::filesystem::exists(shipped_file("configs/architectures") + "/" + name + ".json"))
    throw UsageError("no architecture \"" + name + "\"; shipped: " + shipped_names() + "; or give a .json file");
  const std::string file = is_file ? name : shipped_file("configs/architectures/" + name + ".json");
  const auto spec = load_described<NetworkSpec>(file);
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
