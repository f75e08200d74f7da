#include "experiments/sized_network.h"

#include "spec/error.h"

namespace mds {
namespace {

// "256", "256x192", or "w256" and "h192" where only one extent was asked for.
std::string size_text(Extent pixels) {
  if (pixels.height == 0) return "w" + std::to_string(pixels.width);
  return pixels.width == 0 ? "h" + std::to_string(pixels.height) : to_string(pixels);
}

}  // namespace

NetworkSpec with_asked_size(const NetworkSpec& spec, Extent pixels) {
  if (pixels == Extent{}) return spec;
  try {
    return with_size(spec, pixels);
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
}

NamedNetwork load_named(const std::string& name, Extent pixels, const std::string& database) {
  NamedNetwork network = find_network(name, database);
  const NetworkSpec sized = with_asked_size(network.spec, pixels);
  if (hash_of(sized) != hash_of(network.spec)) network.name += "-" + size_text(pixels) + "px";
  network.spec = sized;
  return network;
}

}  // namespace mds
