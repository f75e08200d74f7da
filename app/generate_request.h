// The options of `mdsearch generate`.
#pragma once

#include "app/options.h"
#include "app/size_options.h"
#include "experiments/evaluation/drawn_files.h"
#include "pipeline/generator.h"
#include "trainer/loop.h"

namespace mds {

struct GenerateOptions {
  std::vector<std::string> models, prompts;
  std::string prompts_file, negative, out, folder_format, precision;
  GivenFields sampler;
  size_t count = 1;
  int64_t batch = 1;
  int64_t tile = 0, overlap = -1;
  bool grid = false;
  SizeOptions size;
  WriteOptions write;
  ComputeOptions compute;

  bool one_file() const { return picture_format(out).has_value(); }
  TileOptions tiles() const;
};

CommandLine generate_command_line(GenerateOptions& options);

// The prompt and seed of each picture: `count` pictures of each prompt in turn. Adds the file's prompts to
// options.prompts. UsageError where options contradict each other, FileError for a file without prompts.
DrawRequest request_of(GenerateOptions& options);

// Creates the folder for the pictures. UsageError where --out is an input, FileError where the folder cannot be created
// or written to.
void prepare_output(const GenerateOptions& options);

// The file for each picture of a request that is not a grid.
DrawnFiles files_of(const GenerateOptions& options, size_t pictures);

}  // namespace mds
