// A training on a million pairs that were never pictures: what memory it takes, and how long it waits for them. Run it
// by its tag, "[many]": it takes minutes and 2.2 GB of disk, and prints where the time went.
#include <sys/resource.h>

#include <iostream>

#include "tests/app/toy_folder.h"
#include "tests/trainer/toy_shards.h"

using namespace mds;

namespace {

constexpr int64_t pairs = 1'000'000, pairs_a_shard = 20'000;
constexpr int64_t channels = 4, size = 8, tokens = 8, width = 64, features = 4;

struct ManyPairs : ToyFolder {
  ManyPairs() {
    widen_decoder();
    const std::string latents = file("latents");
    std::filesystem::create_directories(latents);
    LatentIndex index{.shape = {channels, size, tokens, width},
                      .scale = {std::vector<double>(channels, 0), std::vector<double>(channels, 1)},
                      .encoders = encoder_hashes(encoders()),
                      .license = "CC0",
                      .shuffle = {},
                      .shards = {}};
    for (int64_t shard = 0; shard < pairs / pairs_a_shard; ++shard)
      index.shards.push_back(
          write_shard(latents, "shard-" + std::to_string(shard) + ".safetensors", noise(shard, index.scale)));
    save_index(latents, index);
    write("unet.json", to_json(NetworkSpec(unet())));
  }

  // The decoder is not run, but saved with the model.
  void widen_decoder() const {
    ModelCard vae = load_card(file("vae"));
    std::get<DecoderSpec>(*vae.vae_decoder).latent_channels = channels;
    const auto decoder = make_network(make_plan(*vae.vae_decoder));
    initialise(*decoder, 7);
    save_part(file("vae"), "vae_decoder", weights_of(*decoder), at::kFloat);
    save_card(file("vae"), vae);
  }

  static LatentSet noise(int64_t shard, const LatentScale& scale) {
    const auto drawn = [&](at::IntArrayRef sizes, uint64_t purpose) {
      return at::randn(sizes, generator_for(1, shard, purpose));
    };
    LatentSet set;
    set.moments = drawn({pairs_a_shard, 2 * channels, size, size}, 0).to(at::kHalf);
    set.text = drawn({pairs_a_shard, tokens, width}, 1).to(at::kHalf);
    set.empty_text = at::zeros({1, tokens, width}, at::kHalf);
    set.image_features = drawn({pairs_a_shard, features}, 2);
    set.text_features = drawn({pairs_a_shard, features}, 3);
    set.held_out = at::arange(pairs_a_shard) % 1000 == 0;
    for (int64_t i = 0; i < pairs_a_shard; ++i) set.captions.push_back("pair " + std::to_string(i));
    set.scale = scale;
    return set;
  }

  static UNetSpec unet() {
    UNetSpec spec = toy::unet();
    spec.latent_channels = channels;
    spec.text_tokens = tokens;
    spec.text_width = width;
    spec.levels[0].width = 64;
    spec.levels[1].width = 128;
    for (auto& level : spec.levels) level.stack.head_width = 32;
    return spec;
  }
};

}  // namespace

TEST_CASE("a training on a million pairs stays within a gigabyte", "[.][many]") {
  const ManyPairs many;
  many.write("base.json", {{"name", "many"},
                           {"stage",
                            {{"kind", "base"},
                             {"unet", "unet.json"},
                             {"width_divisor", 1},
                             {"latents", "latents"},
                             {"encoders", {{"autoencoder", "vae"}, {"text", "clip"}, {"score", "clip"}}}}},
                           {"loop", {{"iterations", 500}, {"batch", 64}, {"checkpoint_every", 500}}}});
  const Outcome trained = many.run("train base.json --db r.db --profile");
  std::cout << trained.err;
  REQUIRE(trained.code == 0);
  rusage children{};
  REQUIRE(::getrusage(RUSAGE_CHILDREN, &children) == 0);
  const double gigabytes = double(children.ru_maxrss) * 1024 / 1e9;
  std::cout << "peak resident memory: " << gigabytes << " GB\n";
  CHECK(gigabytes < 1);
}
