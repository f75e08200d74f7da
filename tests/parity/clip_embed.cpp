// Pixels and embeddings of a CLIP, for tests/parity/clip.py: `clip_embed IMAGE_NETWORK WEIGHTS FIT IN OUT` reads
// "pictures" (uint8 N x 3 x H x W) from safetensors, and texts from standard input, one per line.
#include <iostream>

#include "pipeline/clip_pair.h"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const mds::ClipFit fit = std::string(argv[3]) == "crop" ? mds::ClipFit::crop : mds::ClipFit::squash;
  const mds::ClipPair pair({.weights = argv[2], .image = argv[1]}, fit);
  const auto pictures = mds::load_tensors(argv[4]).tensors.at("pictures");
  std::vector<std::string> texts;
  for (std::string line; std::getline(std::cin, line);) texts.push_back(line);
  mds::save_tensors(argv[5], {.tensors = {{"pixels", mds::clip_pixels(pictures, pair.images().size(), fit)},
                                          {"image_embeds", pair.embed_pictures(pictures)},
                                          {"text_embeds", pair.embed_texts(texts)}},
                              .metadata = {}});
}
