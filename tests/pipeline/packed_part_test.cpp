// Packed weights that are mapped draw what packed ones draw, and a file of them that is of no use is made anew.
#include "pipeline/packed_part.h"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "blocks/kernels/prepared.h"
#include "pipeline/generator.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

namespace {

// A tiny model, a folder for its packed weights, and what was told of them.
struct Workplace {
  ScratchFolder scratch;
  std::string folder = scratch.path + "/model", told{};
  PartLoading loading{.placement = {.kernels = Kernels::prepared},
                      .packed = {.folder = scratch.path + "/packed",
                                 .least_bytes = 0,
                                 .tell = [this](const auto& text) { told += text + "\n"; }}};

  explicit Workplace(const ModelCard& card = tiny_card()) { save_tiny_model(folder, card, card); }

  // What the decoder makes of a fixed latent.
  Tensor decoded(const PartLoading& how) const {
    torch::NoGradGuard no_grad;
    const auto network = load_prepared(folder, "vae_decoder", make_plan(*tiny_card().vae_decoder), how);
    return network->forward(seeded_noise({1}, {3, 4, 4}));
  }
  Tensor decoded() {
    told.clear();
    return decoded(loading);
  }
  Tensor decoded_anew() const { return decoded({.placement = loading.placement}); }

  std::string packed_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(loading.packed.folder))
      if (entry.path().extension() == ".packed") return entry.path().string();
    return {};
  }
};

// Changes what a packed file holds, as a whole.
void rewrite(const std::string& file, const std::function<void(TensorFile&)>& change) {
  TensorFile content = load_tensors(file);
  for (auto& [name, tensor] : content.tensors) tensor = tensor.clone();
  change(content);
  save_tensors(file, content);
}

std::vector<Precision> precisions() {
  std::vector<Precision> all{Precision::fp32, Precision::bf16};
  if (multiplies_int8()) all.insert(all.end(), {Precision::int8, Precision::int8_weights});
  return all;
}

}  // namespace

TEST_CASE("a picture is the same to the byte whether weights are packed, kept or mapped", "[pipeline][torch]") {
  if (!can_prepare()) return;
  const ModelCard card = GENERATE(tiny_card(), tiny_card_of_two_encoders());
  Workplace place(card);
  for (const Precision dtype : precisions()) {
    CAPTURE(name_of(dtype));
    place.loading.placement.dtype = dtype;
    const auto drawn = [&](const PartLoading& loading) {
      const Generator generator(place.folder, loading);
      Tensor picture;
      place.told.clear();
      generator.draw({{"red"}, {5}}, generator.defaults(), {.picture = [&](size_t, const Tensor& x) { picture = x; }});
      return picture;
    };
    const Tensor plain = drawn({.placement = place.loading.placement});
    CHECK(place.told.empty());
    CHECK(at::equal(drawn(place.loading), plain));
    CHECK_THAT(place.told, Contains(" MB of packed weights are kept in " + place.loading.packed.folder));
    CHECK(at::equal(drawn(place.loading), plain));
    CHECK_THAT(place.told, Contains("are mapped from " + place.loading.packed.folder) && !Contains("kept"));
  }
  CHECK(model_hash(place.folder, place.loading.packed) == model_hash(place.folder));
}

TEST_CASE("a model with a LoRA draws what it draws where the updates are in its file", "[pipeline][torch]") {
  if (!can_prepare()) return;
  Workplace place;
  const std::string path = "down1.0.attn.0.ca.q", part = "unet";
  const Loras loras{
      {.lora = {.file = "", .parts = {{part, {{path, {at::ones({1, 8}), at::ones({8, 1}), 1}}}}}}, .weight = 0.5}};
  TensorMap weights = load_tensors(part_file(place.folder, part)).tensors;
  const std::string merged = place.scratch.path + "/merged";
  std::filesystem::copy(place.folder, merged);
  weights.at(path + ".weight") = weights.at(path + ".weight") + 0.5;
  save_part(merged, part, weights, at::kFloat);
  for (const Precision dtype : precisions()) {
    CAPTURE(name_of(dtype));
    place.loading.placement.dtype = dtype;
    const auto drawn = [&](const std::string& folder, const Loras& merged_in) {
      Generator generator(folder, place.loading);
      generator.use(merged_in);
      Tensor picture;
      generator.draw({{"red"}, {5}}, generator.defaults(), {.picture = [&](size_t, const Tensor& x) { picture = x; }});
      return picture;
    };
    const Tensor plain = drawn(place.folder, {}), with = drawn(place.folder, loras);
    CHECK(at::equal(with, drawn(merged, {})));
    CHECK_FALSE(at::equal(with, plain));
    CHECK(at::equal(drawn(place.folder, {}), plain));  // from the weights that are kept
  }
}

TEST_CASE("a packed file that is damaged or was packed for something else is told of and made anew",
          "[pipeline][torch]") {
  if (!can_prepare()) return;
  Workplace place;
  place.decoded();
  const std::string file = place.packed_file();
  std::string why;
  SECTION("cut off") {
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    why = file + ": ";
  }
  SECTION("empty") {
    std::filesystem::resize_file(file, 0);
    why = file + ": ";
  }
  SECTION("something else") {
    std::ofstream(file) << "this is no file of packed weights";
    why = file + ": ";
  }
  SECTION("for another processor") {
    rewrite(file, [](TensorFile& content) { content.metadata["processor"] = "abacus"; });
    why = "does not fit, as it differs in processor";
  }
  SECTION("in an older layout") {
    rewrite(file, [](TensorFile& content) { content.metadata["layout"] = "0"; });
    why = "does not fit, as it differs in layout";
  }
  SECTION("from other weights") {
    save_random_part(place.folder, "vae_decoder", make_plan(*tiny_card().vae_decoder), 7);
    why = "does not fit, as it differs in weights";
  }
  SECTION("without a tensor") {
    rewrite(file, [](TensorFile& content) { content.tensors.erase("000001"); });
    why = "lacks tensor 000001";
  }
  SECTION("with a smaller tensor") {
    rewrite(file, [](TensorFile& content) { content.tensors["000000"] = at::zeros({3}); });
    why = "tensor 000000 is Float [3], expected Float [1, ";
  }
  SECTION("with numbers of another type") {
    rewrite(file, [](TensorFile& content) { content.tensors["000000"] = content.tensors["000000"].to(at::kBFloat16); });
    why = "tensor 000000 is BFloat16";
  }
  CHECK(at::equal(place.decoded(), place.decoded_anew()));
  CHECK_THAT(place.told, Contains(why) && Contains("; it is made anew\n") && Contains("are kept in"));
  CHECK(at::equal(place.decoded(), place.decoded_anew()));
  CHECK_THAT(place.told, Contains("are mapped from") && !Contains("anew"));
}

TEST_CASE("where packed weights cannot be written, the network is as good without them", "[pipeline][torch]") {
  if (!can_prepare()) return;
  Workplace place;
  std::ofstream(place.loading.packed.folder) << "a file where the folder should be";
  CHECK(at::equal(place.decoded(), place.decoded_anew()));
  CHECK_THAT(place.told, Contains("packed weights are not kept"));
}

TEST_CASE("packed weights are kept for prepared networks of large weights alone", "[pipeline][torch]") {
  Workplace place;
  SECTION("small weights") { place.loading.packed.least_bytes = large_weights; }
  SECTION("the library's kernels") { place.loading.placement.kernels = Kernels::library; }
  SECTION("nowhere to keep them") { place.loading.packed.folder.clear(); }
  place.decoded();
  CHECK(place.told.empty());
  CHECK(!std::filesystem::exists(place.scratch.path + "/packed"));
}

TEST_CASE("weights with a value that is not finite are refused before they are packed", "[pipeline][torch]") {
  Workplace place;
  TensorMap weights = load_tensors(part_file(place.folder, "vae_decoder")).tensors;
  weights.begin()->second = at::full_like(weights.begin()->second, NAN);
  save_part(place.folder, "vae_decoder", weights, at::kFloat);
  CHECK_THROWS_WITH(place.decoded(), Contains("not finite"));
  CHECK(place.told.empty());
}
