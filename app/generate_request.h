// What `mdsearch generate` was asked for.
#pragma once

#include "app/drawn_files.h"
#include "app/options.h"
#include "app/size_options.h"
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

// The prompt and seed of each picture: `count` pictures of the first prompt, then of the second. Prompts of the file
// join options.prompts. UsageError where options do not fit each other, FileError for a file without prompts.
DrawRequest request_of(GenerateOptions& options);

// The prompts of a file, one a line; FileError where there is none.
std::vector<std::string> lines_of(const std::string& file);

// Makes the folder that pictures go to; UsageError where --out is an input, FileError where the folder cannot be made,
// or where nothing can be written there.
void prepare_output(const GenerateOptions& options);

// The file of each picture of a request that is not a grid.
DrawnFiles files_of(const GenerateOptions& options, size_t pictures);

}  // namespace mds
