// mdsearch generate: draws pictures with model folders, into files that say how they were made.
#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <iostream>

#include "app/generate_grid.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "profiler/memory.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

// Peak memory is what the kernel counts as resident, which includes pages of mapped files.
void tell_use(size_t pictures, Clock::time_point start) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::fprintf(stderr, "%zu %s in %.1f s", pictures, pictures == 1 ? "picture" : "pictures", seconds);
  if (const auto peak = peak_resident_bytes()) std::fprintf(stderr, ", peak memory %.2f GB", double(*peak) / 1e9);
  std::fprintf(stderr, "\n");
}

// Returns how many pictures were drawn.
size_t draw_grid(const GridRequest& request, Listener& listener) {
  const std::string& file = request.options.out;
  const PictureText making = making_of(request);
  if (find_picture(file, making, request.options.write) == Found::same) {
    std::cerr << file << " is kept, as it is there already\n";
    std::cout << file << "\n";
    return 0;
  }
  std::vector<std::vector<Image>> pictures;
  for (const auto& run : request.runs) {
    auto& own = pictures.emplace_back();
    const auto take = [&](size_t, Image image) { own.push_back(std::move(image)); };
    if (!draw(run, request.drawing, take, listener))
      throw std::runtime_error("was interrupted; a grid is written when its last picture is finished, so " + file +
                               " is not there");
  }
  listener.warn(write_picture(file, grid_of(request, pictures), making, request.options.write));
  std::cout << file << "\n";
  return request.drawing.prompts.size() * request.runs.size();
}

}  // namespace

int run_generate(int argc, char** argv) {
  GenerateOptions options;
  po::variables_map given;
  if (!parse(generate_command_line(options), argc, argv, given)) return 0;
  const auto start = Clock::now();
  apply(options.compute);
  const DrawRequest request = request_of(options);
  std::vector<ModelRun> runs;
  for (const auto& folder : options.models)
    runs.push_back(open_model({.folder = folder,
                               .dtype = parse_choice<Precision>("--dtype", options.precision),
                               .sampler = options.sampler,
                               .tiles = options.tiles(),
                               .pixels = options.size.picture()}));
  const GridRequest grid{options, request, runs};
  if (options.grid) check_grid(grid);
  prepare_output(options);
  TerminalListener listener;
  const size_t drawn = options.grid ? draw_grid(grid, listener)
                                    : draw_files(runs[0], request, files_of(options, request.prompts.size()), listener);
  if (drawn > 0) tell_use(drawn, start);
  return 0;
}

}  // namespace mds
