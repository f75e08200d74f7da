#include "app/size_options.h"

#include "spec/error.h"

namespace mds {
namespace {

constexpr Range sides = between(1, 16384);

}  // namespace

void add_size_options(po::options_description& options, SizeOptions& size) {
  const auto add = [&](const char* name, int64_t& side, const char* what) {
    const auto value = po::value<int64_t>()->value_name("PX")->notifier([&side, name](int64_t given) {
      require_within("--" + std::string(name), given, sides);
      side = given;
    });
    options.add_options()(name, value, what);
  };
  add("width", size.width, "columns of the picture in pixels (default: the network's own)");
  add("height", size.height, "rows of the picture in pixels (default: the network's own)");
  add("size", size.size, "both at once: a square picture");
}

Extent SizeOptions::picture() const {
  if (size == 0) return {height, width};
  if (width != 0 || height != 0) throw UsageError("--size is a square's side; give it, or --width and --height");
  return {size, size};
}

std::vector<std::string> SizeOptions::arguments() const {
  std::vector<std::string> given;
  for (const auto& [name, side] : {std::pair{"--width", picture().width}, std::pair{"--height", picture().height}})
    if (side > 0) given.insert(given.end(), {name, std::to_string(side)});
  return given;
}

}  // namespace mds
