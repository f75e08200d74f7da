#include "app/size_options.h"

#include "app/usage_error.h"

namespace mds {
namespace {

void add(po::options_description& options, const char* name, int64_t& side, const char* what) {
  options.add_options()(name, number(&side, between(1, 16384), "the network's own")->value_name("PX"), what);
}

}  // namespace

void add_extent_options(po::options_description& options, SizeOptions& size) {
  add(options, "width", size.width, "Columns of the picture in pixels");
  add(options, "height", size.height, "Rows of the picture in pixels");
}

void add_size_options(po::options_description& options, SizeOptions& size) {
  add_extent_options(options, size);
  add(options, "size", size.size, "Side of a square picture in pixels, in place of both");
}

Extent SizeOptions::picture() const {
  if (size == 0) return {height, width};
  if (width != 0 || height != 0) throw UsageError("--size is a square's side; give it, or --width and --height");
  return {size, size};
}

}  // namespace mds
