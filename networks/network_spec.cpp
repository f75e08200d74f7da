#include "networks/network_spec.h"

namespace mds {
namespace {

// The extent `wanted`; where a side of it is 0, the side of `own`.
Extent chosen(Extent wanted, Extent own) {
  return {wanted.height > 0 ? wanted.height : own.height, wanted.width > 0 ? wanted.width : own.width};
}

void require_multiples(Extent pixels, int64_t factor) {
  if (pixels.height % factor != 0 || pixels.width % factor != 0)
    throw ConfigError("the picture's size is " + to_string(pixels) + "; allowed: multiples of " +
                      std::to_string(factor));
}

// How many pixels one latent element spans along a side.
int64_t factor_of(const auto& half) {
  if constexpr (requires { half.reduction; })
    return pixels_a_latent << (half.widths.size() - 1);  // an adapter's innermost map
  else if constexpr (requires { half.widths; })
    return int64_t(1) << (half.widths.size() - 1);
  else
    return pixels_a_latent;
}

struct Resize {
  Extent wanted;  // in pixels

  void operator()(UNetSpec& spec) const {
    const Extent latent = extent_of(spec);
    const Extent pixels = chosen(wanted, {latent.height * pixels_a_latent, latent.width * pixels_a_latent});
    require_multiples(pixels, pixels_a_latent << (spec.levels.size() - 1));  // every level except one halves the map
    set_extent(spec, {pixels.height / pixels_a_latent, pixels.width / pixels_a_latent});
  }
  void operator()(ControlNetSpec& spec) const { (*this)(spec.unet); }
  void operator()(TextTowerSpec&) const { throw ConfigError("a text tower has no picture size"); }
  void operator()(LpipsSpec& spec) const {
    const Extent pixels = chosen(wanted, {spec.size, spec.width > 0 ? spec.width : spec.size});
    spec.size = pixels.height;
    spec.width = pixels.width == pixels.height ? 0 : pixels.width;
  }
  template <class Spec>
  void operator()(Spec& spec) const {
    if constexpr (requires { spec.size_width; }) {
      const Extent pixels = chosen(wanted, extent_of(spec));
      require_multiples(pixels, factor_of(spec));
      set_extent(spec, pixels);
    } else {
      const Extent pixels = chosen(wanted, {spec.size, spec.size});
      if (pixels.height != pixels.width)
        throw ConfigError("the picture's size is " + to_string(pixels) + "; this network reads squares");
      spec.size = pixels.height;
    }
  }
};

}  // namespace

Plan make_plan(const NetworkSpec& spec) {
  return std::visit([](const auto& s) { return make_plan(s); }, spec);
}

NetworkSpec canonical(const NetworkSpec& spec) {
  NetworkSpec result = spec;
  std::visit(
      [](auto& s) {
        if constexpr (std::same_as<std::remove_reference_t<decltype(s)>, UNetSpec>)
          s = canonical(s);
        else if constexpr (requires { s.unet; })
          s.unet = canonical(s.unet);
        else if constexpr (requires { s.size_width; })
          set_extent(s, extent_of(s));
      },
      result);
  return result;
}

std::string canonical_json(const NetworkSpec& spec) {
  Json json = to_json(canonical(spec));
  json["spec_version"] = spec_version;
  return json.dump();
}

std::string hash_of(const NetworkSpec& spec) { return sha256(canonical_json(spec)); }

NetworkSpec with_size(NetworkSpec spec, Extent pixels) {
  std::visit(Resize{pixels}, spec);
  return spec;
}

NetworkSpec network_from_json(Json json, const std::string& source) {
  if (const auto version = json.find("spec_version"); version != json.end()) {
    int64_t written = 0;
    read_json(*version, written, {source, "spec_version"}, between(1, spec_version));
    json.erase(version);
  }
  return from_json<NetworkSpec>(json, source);
}

}  // namespace mds
