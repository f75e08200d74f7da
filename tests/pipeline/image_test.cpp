#include "pipeline/image.h"

#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <filesystem>
#include <fstream>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

namespace fs = std::filesystem;
using mds::Image;
using mds::ImageSize;

// A smooth picture that every codec compresses well: red grows to the right, green downward.
Image gradient(int64_t width, int64_t height) {
  Image image = mds::make_image({width, height}, 0);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      image.rgb[size_t((y * width + x) * 3)] = uint8_t(x * 255 / width);
      image.rgb[size_t((y * width + x) * 3 + 1)] = uint8_t(y * 255 / height);
    }
  return image;
}

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.width == b.width);
  REQUIRE(a.height == b.height);
  int largest = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) largest = std::max(largest, std::abs(a.rgb[i] - b.rgb[i]));
  return largest;
}

std::string encode_jpeg(const Image& image, int format = TJPF_RGB, int subsampling = TJSAMP_444) {
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const auto writer = tjInitCompress();
  REQUIRE(tjCompress2(writer, image.rgb.data(), int(image.width), 0, int(image.height), format, &bytes, &size,
                      subsampling, 95, 0) == 0);
  const std::string result(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(writer);
  return result;
}

// Uses libpng's simplified API, so that grey, 16-bit and transparent files are tested too.
std::string encode_raw_png(ImageSize size, uint32_t format, const void* pixels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = png_uint_32(size.width);
  png.height = png_uint_32(size.height);
  png.format = format;
  png_alloc_size_t bytes = 0;
  REQUIRE(png_image_write_to_memory(&png, nullptr, &bytes, 0, pixels, 0, nullptr));
  std::string result(bytes, '\0');
  REQUIRE(png_image_write_to_memory(&png, result.data(), &bytes, 0, pixels, 0, nullptr));
  return result.substr(0, bytes);
}

std::string encode_webp(const std::vector<uint8_t>& rgba, ImageSize size) {
  uint8_t* bytes = nullptr;
  const size_t length =
      WebPEncodeLosslessRGBA(rgba.data(), int(size.width), int(size.height), int(size.width) * 4, &bytes);
  const std::string result(reinterpret_cast<char*>(bytes), length);
  WebPFree(bytes);
  return result;
}

fs::path folder() {
  const auto path = mds::scratch("image_test");
  fs::create_directories(path);
  return path;
}

std::string write(const std::string& name, const std::string& bytes) {
  const auto file = folder() / name;
  std::ofstream(file, std::ios::binary) << bytes;
  return file.string();
}

}  // namespace

TEST_CASE("a PNG is read back as it was written, with its text", "[pipeline]") {
  const Image image = gradient(37, 21);
  const auto file = (folder() / "a.png").string();
  mds::save_png(file, image, {{"seed", "42"}, {"prompt", "caf\u00e9 \u65e5\u672c"}});
  CHECK(mds::load_image(file) == image);
  CHECK(mds::load_image_size(file) == ImageSize{37, 21});
  CHECK(mds::decode_image_size(mds::load_bytes(file, fs::file_size(file) - 20), file) == ImageSize{37, 21});
  CHECK(mds::picture_text(file, "seed") == "42");
  CHECK(mds::picture_text(file, "prompt") == "caf\u00e9 \u65e5\u672c");
  CHECK_THROWS_WITH(mds::picture_text(file, "steps"),
                    Catch::Contains("no text \"steps\"") && Catch::Contains("seed, prompt"));
}

TEST_CASE("a file's ending says in which format it is written, and the text goes with it", "[pipeline]") {
  const auto [ending, start] = GENERATE(table<std::string, std::string>(
      {{".PNG", "\x89PNG"}, {".jpg", "\xff\xd8"}, {".JPEG", "\xff\xd8"}, {".webp", "RIFF"}}));
  const Image image = gradient(37, 21);
  const auto file = (folder() / ("b" + ending)).string();
  const mds::PictureText text{{"prompt", "caf\u00e9 \u65e5\u672c \"x\""}, {"seed", "42"}};
  CHECK(mds::save_picture(file, image, text));
  CHECK(mds::load_bytes(file).starts_with(start));
  CHECK(largest_difference(mds::load_image(file), image) <= (ending == ".PNG" ? 0 : 24));
  CHECK(mds::load_image_size(file) == ImageSize{37, 21});
  CHECK(mds::picture_text(file) == text);
  const auto size = fs::file_size(file);
  CHECK(mds::save_picture(file, image, {}, 20));
  CHECK(fs::file_size(file) < size);
  CHECK(mds::picture_text(file).empty());
}

TEST_CASE("a text that a JPEG cannot hold is left out, and the picture says so", "[pipeline]") {
  const mds::PictureText text{{"prompt", std::string(70000, 'a')}};
  const auto file = [](const char* name) { return (folder() / name).string(); };
  CHECK_FALSE(mds::save_picture(file("long.jpg"), gradient(8, 8), text));
  CHECK(mds::picture_text(file("long.jpg")).empty());
  CHECK(mds::save_picture(file("long.webp"), gradient(8, 8), text));
  CHECK(mds::picture_text(file("long.webp")) == text);
  CHECK_THROWS_WITH(mds::save_picture(file("x.gif"), gradient(8, 8)), Catch::Contains(".png, .jpg, .jpeg or .webp"));
}

TEST_CASE("colour and grey JPEGs are read", "[pipeline]") {
  const Image image = gradient(64, 48);
  CHECK(largest_difference(mds::decode_image(encode_jpeg(image), "x"), image) <= 6);
  const auto grey = mds::decode_image(encode_jpeg(image, TJPF_RGB, TJSAMP_GRAY), "x");
  for (size_t i = 0; i < grey.rgb.size(); i += 3)
    REQUIRE((grey.rgb[i] == grey.rgb[i + 1] && grey.rgb[i] == grey.rgb[i + 2]));
}

TEST_CASE("pictures are listed by their ending in any case, GIFs among them", "[pipeline]") {
  for (const char* ending : {".png", ".JPG", ".jpeg", ".Webp", ".gif", ".tiff"}) CHECK(mds::is_picture_ending(ending));
  for (const char* ending : {"", ".", "png", ".txt", ".jpg2", ".safetensors"})
    CHECK_FALSE(mds::is_picture_ending(ending));
}

TEST_CASE("the format is told from the content, not from the name", "[pipeline]") {
  const Image image = gradient(16, 16);
  CHECK(largest_difference(mds::load_image(write("picture.png", encode_jpeg(image))), image) <= 12);
}

TEST_CASE("transparent pixels are composited on white", "[pipeline]") {
  const std::vector<uint8_t> rgba = {255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128};
  const std::vector<uint8_t> expected = {255, 0, 0, 255, 255, 255, 127, 127, 127};
  CHECK(mds::decode_image(encode_raw_png({3, 1}, PNG_FORMAT_RGBA, rgba.data()), "x").rgb == expected);
  const auto webp = mds::decode_image(encode_webp(rgba, {3, 1}), "x");
  CHECK(webp.rgb == expected);
}

TEST_CASE("grey and 16-bit PNGs become 8-bit RGB", "[pipeline]") {
  const std::vector<uint8_t> grey = {0, 100, 255};
  CHECK(mds::decode_image(encode_raw_png({3, 1}, PNG_FORMAT_GRAY, grey.data()), "x").rgb ==
        std::vector<uint8_t>{0, 0, 0, 100, 100, 100, 255, 255, 255});
  const std::vector<uint16_t> linear = {0, 32768, 65535};
  const auto wide = mds::decode_image(encode_raw_png({3, 1}, PNG_FORMAT_LINEAR_Y, linear.data()), "x");
  CHECK(wide.rgb[0] == 0);
  CHECK((wide.rgb[3] > 100 && wide.rgb[3] < 250));
  CHECK(wide.rgb[6] == 255);
}

TEST_CASE("broken and foreign files are errors that name the file", "[pipeline]") {
  const std::string jpeg = encode_jpeg(gradient(64, 64)), png = mds::encode_png(gradient(64, 64));
  const std::string webp = encode_webp(std::vector<uint8_t>(64 * 64 * 4, 9), {64, 64});
  for (const auto& bytes : {jpeg, png, webp})
    for (const size_t length : {bytes.size() / 2, size_t(15)})
      CHECK_THROWS_AS(mds::decode_image(bytes.substr(0, length), "cut"), mds::FileError);
  CHECK_THROWS_WITH(mds::load_image(write("cut.jpg", jpeg.substr(0, jpeg.size() / 2))),
                    Catch::Contains("cut.jpg: is a broken JPEG"));
  CHECK_THROWS_WITH(mds::load_image(write("text.png", "hello")),
                    Catch::Contains("text.png: is not a JPEG, PNG or WebP"));
  CHECK_THROWS_WITH(mds::load_image(write("empty.png", "")), Catch::Contains("is empty"));
  CHECK_THROWS_WITH(mds::load_image((folder() / "absent.png").string()), Catch::Contains("absent.png: cannot be read"));
  CHECK_THROWS_WITH(mds::load_image(folder().string()), Catch::Contains("cannot be read"));
}

TEST_CASE("no damage to a file's bytes crashes a reader", "[pipeline]") {
  const Image image = gradient(24, 24);
  for (const auto& whole :
       {encode_jpeg(image), mds::encode_png(image), encode_webp(std::vector<uint8_t>(24 * 24 * 4, 77), {24, 24})})
    for (size_t at = 0; at < std::min<size_t>(whole.size(), 400); ++at) {
      std::string damaged = whole;
      damaged[at] = char(damaged[at] ^ 0x5A);
      try {
        const auto read = mds::decode_image(damaged, "damaged");
        CHECK(read.rgb.size() == size_t(read.width * read.height * 3));
      } catch (const mds::FileError&) {
      }
    }
}

TEST_CASE("a picture's claimed size is checked before memory is taken", "[pipeline]") {
  std::string png = mds::encode_png(gradient(8, 8));
  const auto claim = [&](uint32_t width, uint32_t height) {
    for (int i = 0; i < 4; ++i) {
      png[size_t(16 + i)] = char(width >> (24 - 8 * i));
      png[size_t(20 + i)] = char(height >> (24 - 8 * i));
    }
    // Writes the header's checksum as libpng would.
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 12; i < 29; ++i) {
      crc ^= static_cast<unsigned char>(png[i]);
      for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    for (int i = 0; i < 4; ++i) png[size_t(29 + i)] = char(~crc >> (24 - 8 * i));
    return png;
  };
  CHECK_THROWS_WITH(mds::decode_image(claim(20000, 8), "x"),
                    Catch::Contains("20000 x 8 pixels; allowed: 1 to 16384 a side"));
  CHECK_THROWS_WITH(mds::decode_image(claim(16000, 16000), "x"), Catch::Contains("at most 100000000 in all"));
}

TEST_CASE("a picture that cannot be written leaves nothing behind", "[pipeline]") {
  CHECK_THROWS_AS(mds::save_png("/dev/null/x.png", gradient(4, 4)), mds::FileError);
  CHECK_THROWS_AS(mds::save_png((folder() / "no" / "x.png").string(), gradient(4, 4)), mds::FileError);
  CHECK_FALSE(fs::exists(folder() / "no"));
}

TEST_CASE("the centre square is as large as the shorter side", "[pipeline]") {
  const Image wide = gradient(11, 5);
  const Image square = mds::centre_square(wide);
  CHECK(square.width == 5);
  CHECK(square.height == 5);
  CHECK(square.rgb[0] == wide.rgb[3 * 3]);
  CHECK(mds::centre_square(gradient(5, 12)).height == 5);
  CHECK(mds::centre_square(square) == square);
}

TEST_CASE("tiles lie in rows with a white gap", "[pipeline]") {
  const std::vector<Image> pictures(5, mds::make_image({4, 3}, 0));
  const Image sheet = mds::tile(pictures, 2);
  CHECK(sheet.width == 4 + 2 + 4);
  CHECK(sheet.height == 3 * 3 + 2 * 2);
  const auto at = [&](int64_t x, int64_t y) { return sheet.rgb[size_t((y * sheet.width + x) * 3)]; };
  CHECK(at(3, 2) == 0);
  CHECK(at(4, 2) == 255);
  CHECK(at(0, 10) == 0);
  CHECK(at(6, 10) == 255);  // the last row has one picture
  CHECK(mds::tile(pictures, 100).width == 5 * 4 + 4 * 2);
  const std::vector<Image> tall(40, mds::make_image({8, 500}));
  CHECK_THROWS_WITH(mds::tile(tall, 1), Catch::Contains("the sheet of 40 pictures is 8 x 20078 pixels; allowed: 1 to"));
}

TEST_CASE("a thumbnail fits into its bytes and is a picture", "[pipeline]") {
  Image noise = mds::make_image({300, 200});
  uint32_t state = 1;
  for (auto& value : noise.rgb) value = uint8_t((state = state * 1664525 + 1013904223) >> 24);
  const auto limit = GENERATE(size_t(16384), size_t(2000), size_t(256));
  for (const auto& image : {gradient(512, 512), noise, gradient(1, 700)}) {
    const std::string bytes = mds::encode_thumbnail(image, limit);
    CHECK(bytes.size() <= limit);
    CHECK(mds::decode_image(bytes, "thumbnail").width >= 1);
  }
  CHECK(mds::decode_image(mds::encode_thumbnail(gradient(512, 512), 16384), "x").width == 512);
}
