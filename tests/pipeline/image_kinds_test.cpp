// Kinds of picture files that cameras, scanners and printing software write, built byte by byte or by the codecs.
#include <sys/resource.h>
#include <zlib.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "pipeline/exif.h"
#include "pipeline/image.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/pipeline/picture_bytes.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

namespace {

// 32 x 16 with one colour per quarter: red, green / blue, black. All of its eight orientations look different.
Image quarters() {
  Image image = make_image({32, 16}, 0);
  for (int64_t y = 0; y < 16; ++y)
    for (int64_t x = 0; x < 32; ++x)
      if (y < 8 || x < 16) image.rgb[size_t((y * 32 + x) * 3 + (y < 8 ? (x < 16 ? 0 : 1) : 2))] = 255;
  return image;
}

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.width == b.width);
  REQUIRE(a.height == b.height);
  int largest = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
  return largest;
}

// The colours of the corners in reading order: red, green, blue or black.
std::string corners(const Image& image) {
  std::string names;
  for (const int64_t y : {int64_t(0), image.height - 1})
    for (const int64_t x : {int64_t(0), image.width - 1}) {
      const auto* pixel = &image.rgb[size_t((y * image.width + x) * 3)];
      names += pixel[0] > 200 ? 'r' : pixel[1] > 200 ? 'g' : pixel[2] > 200 ? 'b' : 'k';
    }
  return names;
}

// By the standard, orientation n says where the stored first row and first column belong.
constexpr std::array<const char*, 8> upright{"rgbk", "grkb", "kbgr", "bkrg", "rbgk", "brkg", "kgbr", "gkrb"};

}  // namespace

TEST_CASE("all eight EXIF orientations are undone in JPEG, PNG and WebP", "[pipeline]") {
  const Image stored = quarters();
  const std::string jpeg = encode_jpeg(stored.rgb, {32, 16}, TJPF_RGB), png = encode_png(stored);
  for (int n = 1; n <= 8; ++n)
    for (const bool big : {false, true}) {
      INFO("orientation " << n << (big ? ", big endian" : ""));
      const std::string block = tiff(n, big);
      const auto png_file = png.substr(0, png.size() - 12) + png_chunk("eXIf", block) + png.substr(png.size() - 12);
      for (const auto& file : {jpeg_with(block, jpeg), png_file, webp_with(block, encode_webp(stored), {32, 16})}) {
        const Image read = decode_image(file, "x");
        CHECK(read.width == (n >= 5 ? 16 : 32));
        CHECK(corners(read) == upright[size_t(n - 1)]);
        CHECK(decode_image_size(file, "x") == ImageSize{32, 16});
      }
    }
}

TEST_CASE("a damaged EXIF note leaves the picture as it is stored", "[pipeline]") {
  const Image stored = quarters();
  const std::string jpeg = encode_jpeg(stored.rgb, {32, 16}, TJPF_RGB), block = tiff(6, true);
  for (const int wrong : {0, 9, 65535}) CHECK(exif_orientation(jpeg_with(tiff(wrong, true), jpeg)) == 1);
  for (size_t length = 0; length < 34; ++length) CHECK(exif_orientation(jpeg_with(block.substr(0, length), jpeg)) == 1);
  for (size_t at = 0; at < block.size(); ++at) {
    std::string damaged = block;
    damaged[at] = char(damaged[at] ^ 0xff);
    const int n = exif_orientation(jpeg_with(damaged, jpeg));
    CHECK((n == 1 || n == 6));
  }
}

TEST_CASE("a CMYK JPEG becomes RGB by Adobe's inverted inks", "[pipeline]") {
  // No ink; cyan; magenta; yellow; black; half black. A value of 255 means no ink.
  const std::array<std::array<uint8_t, 4>, 6> inks{{{255, 255, 255, 255},
                                                    {0, 255, 255, 255},
                                                    {255, 0, 255, 255},
                                                    {255, 255, 0, 255},
                                                    {255, 255, 255, 0},
                                                    {255, 128, 255, 128}}};
  const std::array<std::array<int, 3>, 6> colours{
      {{255, 255, 255}, {0, 255, 255}, {255, 0, 255}, {255, 255, 0}, {0, 0, 0}, {128, 64, 128}}};
  for (size_t i = 0; i < inks.size(); ++i) {
    std::vector<uint8_t> pixels;
    for (int n = 0; n < 64; ++n) pixels.insert(pixels.end(), inks[i].begin(), inks[i].end());
    const Image read = decode_image(encode_jpeg(pixels, {8, 8}, TJPF_CMYK), "x");
    for (size_t c = 0; c < 3; ++c) CHECK(std::abs(read.rgb[c] - colours[i][c]) <= 3);
  }
}

TEST_CASE("a JPEG that is odd but whole is read as if it were not odd", "[pipeline]") {
  const Image picture = quarters();
  const std::string jpeg = encode_jpeg(picture.rgb, {32, 16}, TJPF_RGB);
  std::string odd_version = jpeg, extra_bytes = jpeg;
  odd_version[11] = 2;  // JFIF 2.01; PIL 13.0.0 reads both
  extra_bytes.insert(jpeg.find("\xff\xdb"), 4, '\0');
  for (const auto& odd : {odd_version, extra_bytes}) {
    CHECK(decode_image(odd, "x") == decode_image(jpeg, "x"));
    CHECK(decode_image_size(odd, "x") == ImageSize{32, 16});
    CHECK_THROWS_WITH(decode_image(odd.substr(0, odd.size() - 40), "x"), Contains("x: is a broken JPEG"));
  }
}

TEST_CASE("a PNG's values are taken as they are, whatever its gAMA says", "[pipeline]") {
  const Image grey = make_image({4, 4}, 100);
  const std::string png = encode_png(grey);
  for (const uint32_t gamma : {100000U, 45455U, 22727U}) {
    const std::string marked = png.substr(0, 33) + png_chunk("gAMA", number(gamma, 4, true)) + png.substr(33);
    CHECK(decode_image(marked, "x") == grey);
  }
  const std::string wide = png_row(16, 0, 1, number(0x8000, 2, true));
  const std::string linear = wide.substr(0, 33) + png_chunk("gAMA", number(100000, 4, true)) + wide.substr(33);
  CHECK(decode_image(linear, "x").rgb == std::vector<uint8_t>{128, 128, 128});
}

TEST_CASE("16-bit samples are rounded to the nearest of 256 values", "[pipeline]") {
  std::string row;
  std::vector<int> expected;
  for (uint32_t value = 0; value <= 65535; value += 257 / 2 - 1) {
    row += number(value, 2, true);
    expected.push_back(int(std::lround(value * 255 / 65535.0)));
  }
  const auto width = uint32_t(expected.size());
  const Image grey = decode_image(png_row(16, 0, width, row), "x");
  for (size_t i = 0; i < expected.size(); ++i) REQUIRE(int(grey.rgb[3 * i]) == expected[i]);
  const Image colour =
      decode_image(png_row(16, 2, 1, number(0x1234, 2, true) + number(0xfffe, 2, true) + number(0x80, 2, true)), "x");
  CHECK(colour.rgb == std::vector<uint8_t>{0x12, 0xff, 0});
}

TEST_CASE("a palette becomes its colours", "[pipeline]") {
  CHECK(decode_image(png_row(8, 3, 2, std::string("\x01\x00", 2)), "x").rgb ==
        std::vector<uint8_t>{0x40, 0x50, 0x60, 0x10, 0x20, 0x30});
}

TEST_CASE("a picture of 60,000 pixels a side is refused from its header alone", "[pipeline]") {
  std::string jpeg = encode_jpeg(quarters().rgb, {32, 16}, TJPF_RGB);
  const size_t frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, number(60000, 2, true) + number(60000, 2, true));
  const std::string png = png_row(8, 0, 60000, "x");
  for (const auto& file : {jpeg, png})
    CHECK_THROWS_WITH(decode_image(file, "bomb"), Contains("bomb: is 60000 x ") && Contains("allowed: 1 to 16384"));
}

TEST_CASE("animated pictures give one frame or say why not", "[pipeline]") {
  const Image still = quarters();
  CHECK(largest_difference(decode_image(animated_png(still), "x"), still) == 0);
  CHECK_THROWS_WITH(decode_image(animated_webp(still), "x.webp"), Contains("x.webp: is an animated WebP"));
  CHECK_THROWS_WITH(decode_image("GIF89a", "x.gif"), Contains("x.gif: is a GIF picture"));
}

TEST_CASE("texts that unpack to far more than a PNG holds are left out, in its pixels and in its text", "[pipeline]") {
  const Image still = quarters();
  std::string png = encode_png(still, {{"short", "kept"}}), packed;
  const std::string text(5'000'000, 'a');
  uLongf size = compressBound(text.size());
  packed.resize(size);
  REQUIRE(compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                   text.size()) == Z_OK);
  packed.resize(size);
  std::string bombs;
  for (int i = 0; i < 300; ++i) bombs += png_chunk("zTXt", std::string("long\0\0", 6) + packed);
  png.insert(png.find("IDAT") - 4, bombs + png_chunk("tEXt", "huge" + std::string(1, '\0') + text));
  const auto held_kb = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before_kb = held_kb();
  CHECK(decode_image(png, "x") == still);
  const ScratchFolder folder;
  const std::string file = folder.path + "/a.png";
  std::ofstream(file, std::ios::binary) << png;
  CHECK(picture_text(file) == PictureText{{"short", "kept"}});
  CHECK(held_kb() - before_kb < 200'000);  // 300 texts unpack to 1.5 GB
}

TEST_CASE("a picture's file of more than 256 MiB is refused before it is read into memory", "[pipeline]") {
  const ScratchFolder folder;
  const std::string file = folder.path + "/a.png";
  std::ofstream(file, std::ios::binary) << encode_png(quarters());
  CHECK_NOTHROW(load_image(file));
  std::filesystem::resize_file(file, max_picture_bytes + 1);
  CHECK_THROWS_WITH(load_image(file), Contains("a.png: has more than 268435456 bytes"));
  CHECK_THROWS_WITH(picture_text(file), Contains("a.png: has more than 268435456 bytes"));
}

TEST_CASE("a JPEG of thousands of scans is refused", "[pipeline]") {
  const std::string jpeg = encode_progressive_jpeg(quarters());
  CHECK_NOTHROW(decode_image(jpeg, "x"));
  // The first scan again and again: each goes over all pixels.
  const size_t first = jpeg.find("\xff\xda"), second = jpeg.find("\xff\xc4", first), end = jpeg.rfind("\xff\xd9");
  const std::string scan = jpeg.substr(first, std::min(second, jpeg.find("\xff\xda", first + 2)) - first);
  std::string many = jpeg.substr(0, end);
  for (int i = 0; i < 2000; ++i) many += scan;
  CHECK_THROWS_WITH(decode_image(many + "\xff\xd9", "x"), Contains("x: is a broken JPEG"));
}
