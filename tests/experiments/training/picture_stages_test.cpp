// From a folder of pictures to a model folder, with different numbers of held-out pairs.
#include "experiments/training/stages.h"
#include "pipeline/image.h"
#include "tests/catch.h"
#include "tests/data/tar_builder.h"
#include "tests/scratch_folder.h"
#include "trainer/feed.h"

using namespace mds;

namespace {

// A data set of grey pictures, 16 x 16; the first are for training, the rest are held out.
struct DataSet {
  ScratchFolder folder;
  DataSet(int64_t train, int64_t held_out) {
    std::string lines;
    for (int64_t i = 0; i < train + held_out; ++i) {
      const std::string name = std::to_string(i) + ".png";
      save_png(folder.path + "/" + name, make_image({16, 16}, uint8_t(i * 20)));
      lines += Json{{"file_name", name}, {"text", "grey " + name}, {"split", i < train ? "train" : "held_out"}}.dump();
      lines += "\n";
    }
    save_text(folder.path + "/metadata.jsonl", lines);
  }
};

AutoencoderConfig autoencoder(const std::string& data) {
  return {.data = {data}, .size = 16, .crop = 16, .latent_channels = 2, .widths = {8, 8}, .decoder_blocks = 1};
}

TextImageConfig text_image(const std::string& data) {
  TextImageConfig config{.data = {data}, .size = 16, .merges = 2};
  config.text = {.vocabulary = 516, .tokens = 4, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
  config.image = {.size = 16, .patch = 8, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
  return config;
}

// The card of the model that the stage's initial weights make.
ModelCard finished(const StageConfig& stage, const std::string& folder) {
  TrainConfig config;
  config.stage = stage;
  Listener silent;
  const auto run = open_stage(config, "", silent);
  run->finish(run->stage().weights(), folder, {});
  return load_card(folder);
}

}  // namespace

TEST_CASE("a data set that holds nothing out trains to a model without scores", "[app][torch]") {
  const DataSet data(4, 0);
  const ScratchFolder out;
  const ModelCard card = finished(autoencoder(data.folder.path), out.path + "/autoencoder");
  CHECK(card.latent_scale->mean.size() == 2);
  CHECK(card.provenance.scores.empty());
  CHECK(finished(text_image(data.folder.path), out.path + "/clip").provenance.scores.empty());
}

TEST_CASE("held-out pairs give scores, and recall among no more than there are", "[app][torch]") {
  const DataSet data(4, 3);
  const ScratchFolder out;
  const Json quality = finished(autoencoder(data.folder.path), out.path + "/autoencoder").provenance.scores;
  CHECK(quality["psnr"]["n"] == 3);
  CHECK(quality["ssim"]["n"] == 3);
  const Json scores = finished(text_image(data.folder.path), out.path + "/clip").provenance.scores;
  CHECK(scores.contains("recall@1"));
  CHECK(!scores.contains("recall@5"));
}

TEST_CASE("a decoder that was trained behind a frozen encoder is stored with that encoder, byte by byte",
          "[app][torch]") {
  const DataSet data(4, 3);
  const ScratchFolder out;
  const std::string first = out.path + "/first", second = out.path + "/second";
  const ModelCard start = finished(autoencoder(data.folder.path), first);
  AutoencoderConfig config = autoencoder(data.folder.path);
  config.start = first;
  config.decoder_blocks = 0;
  const ModelCard card = finished(config, second);
  CHECK(load_bytes(first + "/vae_encoder.safetensors") == load_bytes(second + "/vae_encoder.safetensors"));
  CHECK(card.vae_encoder == start.vae_encoder);
  CHECK(card.vae_decoder != start.vae_decoder);
  CHECK(card.latent_scale == start.latent_scale);
  CHECK(card.provenance.predecessor == model_hash(first));
}

TEST_CASE("training from shards goes on after a checkpoint bit for bit", "[app][torch]") {
  const ScratchFolder folder;
  std::string shard;
  for (int i = 0; i < 11; ++i) {
    const std::string name = std::to_string(i), png = encode_png(make_image({20, 16}, uint8_t(i * 20)));
    shard += tar_member(name + ".png", i == 4 ? png.substr(0, 40) : png) + tar_member(name + ".txt", "grey " + name);
  }
  const std::string source = folder.path + "/s.tar", checkpoint = folder.path + "/checkpoint.safetensors";
  save_text(source, shard + tar_end());
  TrainConfig config;
  config.loop = {.iterations = 9, .batch = 3, .seed = 2};
  const auto trained = [&](int64_t stop) {
    Listener silent;
    const auto run = open_stage(config, "", silent);
    Loop loop(run->stage(), config.loop, config.optimizer);
    loop.resume(checkpoint, "test");
    loop.run_to(stop);
    loop.save(checkpoint, "test");
    TensorMap copy;
    for (const auto& [name, tensor] : loop.weights()) copy[name] = tensor.clone();
    return copy;
  };
  for (const StageConfig& stage : {StageConfig(autoencoder(source)), StageConfig(text_image(source))}) {
    config.stage = stage;
    std::filesystem::remove(checkpoint);
    const TensorMap straight = trained(9);
    std::filesystem::remove(checkpoint);
    trained(5);
    const TensorMap resumed = trained(9);
    for (const auto& [name, tensor] : straight) CHECK(tensor.equal(resumed.at(name)));
  }
}
