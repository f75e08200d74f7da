// Draws prompts with model folders: one file a picture, or all pictures as a grid in one file.
#pragma once

#include "experiments/evaluation/drawn_files.h"
#include "pipeline/control_picture.h"

namespace mds {

// Adapters and what they read: one picture, or a folder of captioned ones. Of a folder each caption is drawn with its
// picture's control, into a file of the picture's name.
struct ControlRequest {
  std::vector<std::string> adapters;  // folders
  ControlSource source{};
  double scale = 1;
  std::string split{};  // part of a folder that is a data set; empty: all of it
};

struct GenerateRequest {
  std::vector<std::string> models;   // folders; several as columns of a grid
  std::vector<LoraChoice> loras{};   // of every model
  std::vector<std::string> prompts;  // those of `prompts_file` follow them
  std::string prompts_file{}, negative{};
  std::vector<std::string> boxes{};    // of each picture, as parse_box reads them
  std::string layout_file{};           // in their place: one layout for all prompts, or a .jsonl file with one a prompt
  double grounding_steps = 1;          // the share of the steps, the first ones, in which boxes are read
  std::string out;                     // a picture file for one picture or a grid, else a folder
  std::string picture_format = "png";  // of the pictures in a folder
  GivenFields sampler{};               // override the models' own
  size_t count = 1;                    // pictures of each prompt
  int64_t batch = 1;                   // pictures drawn together
  TileOptions tiles{};
  ControlRequest control{};
  InitFiles init{};  // a picture to begin with
  bool grid = false;
  Extent pixels{};  // picture size; 0: the models' own
  Placement placement{};
  PackedFiles packed{};  // where large packed weights are kept; default: nowhere
  uint64_t seed = 0;     // picture i has the seed `seed` + i
  WriteOptions write{};

  bool one_file() const { return mds::picture_format(out).has_value(); }
};

inline constexpr size_t most_pictures = 100000;
inline constexpr int64_t most_at_once = 64;

// Draws what is missing and calls `ready` with each finished file, kept ones first. Returns how many pictures were
// drawn. RequestError where the fields contradict each other, FileError for files that cannot be read or written; all
// of these come before the first picture. Where the listener stops it, a std::runtime_error that says what exists.
size_t generate(GenerateRequest request, const std::function<void(const std::string&)>& ready, Listener& listener);

}  // namespace mds
