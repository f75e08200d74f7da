#include "data/cutout.h"

#include <algorithm>
#include <cmath>

#include "data/tool.h"
#include "spec/error.h"

namespace mds {
namespace {

Image render(const std::string& file, int64_t side, int64_t seconds) {
  const std::string pixels = std::to_string(side);
  const std::string png =
      run_tool({.command = {"rsvg-convert", "--width", pixels, "--height", pixels, "--keep-aspect-ratio", file},
                .package = "librsvg2-bin",
                .limit = std::chrono::seconds(seconds)});
  return trimmed(decode_image(png, file), file);
}

// What pixel i of `out` along a side covers of `in` pixels: the first and their shares, which sum to one.
struct Cover {
  int64_t first;
  std::vector<double> shares;
};

std::vector<Cover> covers(int64_t in, int64_t out) {
  const double width = double(in) / double(out);
  std::vector<Cover> all;
  for (int64_t i = 0; i < out; ++i) {
    const double begin = double(i) * width, end = std::min(double(in), begin + width);
    Cover& cover = all.emplace_back(Cover{int64_t(begin), {}});
    for (int64_t x = cover.first; double(x) < end; ++x)
      cover.shares.push_back((std::min(double(x + 1), end) - std::max(double(x), begin)) / width);
  }
  return all;
}

}  // namespace

Image trimmed(const Image& image, const std::string& name) {
  ImageSize first{image.width, image.height}, last{-1, -1};
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const uint8_t* pixel = image.rgb.data() + (y * image.width + x) * 3;
      if (pixel[0] == 255 && pixel[1] == 255 && pixel[2] == 255) continue;
      first = {std::min(first.width, x), std::min(first.height, y)};
      last = {std::max(last.width, x), std::max(last.height, y)};
    }
  if (last.width < 0) throw FileError(name + ": is blank");
  return crop(image, first, {last.width - first.width + 1, last.height - first.height + 1});
}

Image on_white_square(const Image& image, int64_t side) {
  if (side == 0) side = std::max(image.width, image.height);
  Image square = make_image({side, side});
  paste(image, square, {(side - image.width) / 2, (side - image.height) / 2});
  return square;
}

Image shrunk(const Image& image, ImageSize size) {
  if (size.width > image.width || size.height > image.height) throw std::logic_error("shrunk: would be enlarged");
  const std::vector<Cover> rows = covers(image.height, size.height), columns = covers(image.width, size.width);
  Image result = make_image(size);
  uint8_t* to = result.rgb.data();
  for (const auto& row : rows)
    for (const auto& column : columns)
      for (int64_t channel = 0; channel < 3; ++channel) {
        double sum = 0;
        for (size_t y = 0; y < row.shares.size(); ++y)
          for (size_t x = 0; x < column.shares.size(); ++x) {
            const int64_t at = (row.first + int64_t(y)) * image.width + column.first + int64_t(x);
            sum += row.shares[y] * column.shares[x] * image.rgb[size_t(at * 3 + channel)];
          }
        *to++ = uint8_t(std::min(255L, std::lround(sum)));
      }
  return result;
}

Image draw_svg(const std::string& file, int64_t side, int64_t seconds) {
  constexpr int64_t max_zoom = 16;
  Image drawing = render(file, side, seconds);
  const int64_t longest = std::max(drawing.width, drawing.height);
  if (longest * 4 < side * 3) {
    Image enlarged = render(file, std::min(side * (side - 2) / longest, side * max_zoom), seconds);
    if (std::max(enlarged.width, enlarged.height) <= side) drawing = std::move(enlarged);
  }
  if (std::max(drawing.width, drawing.height) > side) throw FileError(file + ": is larger than asked for");
  return on_white_square(drawing, side);
}

}  // namespace mds
