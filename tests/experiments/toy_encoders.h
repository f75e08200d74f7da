// Toy encoders that can encode, and sources of toy pictures.
#pragma once

#include "pipeline/image.h"
#include "tests/data/tar_builder.h"
#include "tests/experiments/toy_files.h"

namespace mds {

struct ToyEncoders : ToyFiles {
  ToyEncoders() : ToyFiles({4, 4}) {
    ModelCard vae = load_card(file("vae"));
    vae.vae_encoder =
        EncoderSpec{.size = 16, .latent_channels = 2, .widths = {4, 4}, .blocks = 1, .mid_blocks = 0, .groups = 1};
    const auto network = make_network(make_plan(*vae.vae_encoder));
    initialise(*network, 5);
    save_part(file("vae"), "vae_encoder", weights_of(*network), at::kFloat);
    save_card(file("vae"), vae);
    ModelCard clip = load_card(file("clip"));
    clip.text_encoder->projection = clip.image_encoder->projection;
    const auto tower = make_network(make_plan(*clip.text_encoder));
    initialise(*tower, 6);
    save_part(file("clip"), "text_encoder", weights_of(*tower), at::kFloat);
    save_card(file("clip"), clip);
  }

  static Image picture(int64_t i) {
    Image image = make_image({24, 20}, uint8_t(255 - 11 * i % 256));
    for (size_t at = 0; at < image.rgb.size(); at += size_t(3 + i)) image.rgb[at] = uint8_t(17 * i);
    return image;
  }
  static std::string caption(int64_t i) { return "picture " + std::to_string(i); }

  // A folder of so many pictures, of which every fourth is held out.
  std::string pictures(int64_t count) const {
    std::filesystem::create_directories(file("pictures"));
    std::string lines;
    for (int64_t i = 0; i < count; ++i) {
      const std::string name = std::to_string(i) + ".png";
      save_png(file("pictures/" + name), picture(i));
      lines += Json{{"file_name", name}, {"text", caption(i)}, {"split", i % 4 == 3 ? "held_out" : "train"}}.dump();
      lines += "\n";
    }
    save_text(file("pictures/metadata.jsonl"), lines);
    return file("pictures");
  }

  // The same pictures in a tar, without a split.
  std::string tar(int64_t count) const {
    std::string bytes;
    for (int64_t i = 0; i < count; ++i) {
      save_png(file("member.png"), picture(i));
      bytes += tar_member(std::to_string(i) + ".png", load_bytes(file("member.png")));
      bytes += tar_member(std::to_string(i) + ".txt", caption(i));
    }
    save_text(file("pictures.tar"), bytes + tar_end());
    return file("pictures.tar");
  }
};

}  // namespace mds
