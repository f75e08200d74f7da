// Writes pictures. libpng reports errors by longjmp, so a function that calls setjmp has no objects with destructors;
// its caller owns what it fills.
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "pipeline/exif.h"
#include "pipeline/image.h"
#include "spec/describe.h"

namespace mds {
namespace {

void append(png_structp png, png_bytep bytes, size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), size);
}

struct PngWriter {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  PngWriter() {
    if (!info) throw std::bad_alloc();
  }
  PngWriter(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

bool write_png(const PngWriter& writer, const Image& image, const std::vector<png_text_struct>& text,
               std::string& out) {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  png_set_write_fn(writer.png, &out, append, nullptr);
  png_set_IHDR(writer.png, writer.info, png_uint_32(image.width), png_uint_32(image.height), 8, PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_text(writer.png, writer.info, text.data(), int(text.size()));
  png_write_info(writer.png, writer.info);
  for (int64_t y = 0; y < image.height; ++y) png_write_row(writer.png, image.rgb.data() + y * image.width * 3);
  png_write_end(writer.png, writer.info);
  return true;
}

// Halves both sides; each pixel is the mean of four.
Image halved(const Image& image) {
  Image half = make_image({std::max<int64_t>(1, image.width / 2), std::max<int64_t>(1, image.height / 2)});
  for (int64_t y = 0; y < half.height; ++y)
    for (int64_t x = 0; x < half.width; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t right = std::min(2 * x + 1, image.width - 1), below = std::min(2 * y + 1, image.height - 1);
        const auto at = [&](int64_t row, int64_t column) {
          return int(image.rgb[size_t((row * image.width + column) * 3 + c)]);
        };
        half.rgb[size_t((y * half.width + x) * 3 + c)] =
            uint8_t((at(2 * y, 2 * x) + at(2 * y, right) + at(below, 2 * x) + at(below, right) + 2) / 4);
      }
  return half;
}

std::string encode_webp(const Image& image, float quality) {
  uint8_t* bytes = nullptr;
  const size_t size =
      WebPEncodeRGB(image.rgb.data(), int(image.width), int(image.height), int(image.width) * 3, quality, &bytes);
  const std::unique_ptr<uint8_t, decltype(&WebPFree)> owner(bytes, [](void* p) { WebPFree(p); });
  if (size == 0) throw FileError("a WebP picture could not be encoded");
  return {reinterpret_cast<const char*>(bytes), size};
}

// Keeps the colour of every pixel, because halved colour resolution would blur the edges of small pictures.
std::string encode_jpeg(const Image& image, int quality) {
  const std::unique_ptr<void, decltype(&tjDestroy)> writer(tjInitCompress(), tjDestroy);
  uint8_t* bytes = nullptr;
  unsigned long size = 0;
  const int failed = tjCompress2(writer.get(), image.rgb.data(), int(image.width), /*pitch=*/0, int(image.height),
                                 TJPF_RGB, &bytes, &size, TJSAMP_444, quality, TJFLAG_ACCURATEDCT);
  const std::unique_ptr<uint8_t, decltype(&tjFree)> owner(bytes, tjFree);
  if (failed) throw FileError(std::string("a JPEG picture could not be encoded: ") + tjGetErrorStr2(writer.get()));
  return {reinterpret_cast<const char*>(bytes), size};
}

void check_pixels(const Image& image) {
  if (image.width < 1 || image.height < 1 || image.rgb.size() != size_t(image.width * image.height * 3))
    throw std::logic_error("a picture's size and its pixels disagree");
}

std::string json_of(const PictureText& text) {
  Json json = Json::object();
  for (const auto& [key, value] : text) json[key] = value;
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace

std::optional<PictureFormat> picture_format(const std::string& file) {
  std::string ending = std::filesystem::path(file).extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  if (ending == ".png") return PictureFormat::png;
  if (ending == ".jpg" || ending == ".jpeg") return PictureFormat::jpg;
  return ending == ".webp" ? std::optional(PictureFormat::webp) : std::nullopt;
}

std::string encode_png(const Image& image, const PictureText& text) {
  check_pixels(image);
  std::vector<png_text_struct> chunks;
  for (const auto& [key, value] : text) {
    png_text_struct chunk{};
    const bool ascii = std::all_of(value.begin(), value.end(), [](char c) { return c >= 0; });
    chunk.compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunk.key = const_cast<char*>(key.c_str());
    chunk.text = const_cast<char*>(value.c_str());
    (ascii ? chunk.text_length : chunk.itxt_length) = value.size();
    chunks.push_back(chunk);
  }
  std::string bytes;
  if (!write_png(PngWriter(), image, chunks, bytes)) throw FileError("a PNG picture could not be encoded");
  return bytes;
}

void save_png(const std::string& file, const Image& image, const PictureText& text) {
  save_text(file, encode_png(image, text));
}

bool save_picture(const std::string& file, const Image& image, const PictureText& text, int quality) {
  const auto format = picture_format(file);
  if (!format) throw ConfigError(file + ": pictures are written as " + written_endings);
  if (format == PictureFormat::png) return save_png(file, image, text), true;
  check_pixels(image);
  const bool jpeg = format == PictureFormat::jpg;
  std::string bytes = jpeg ? encode_jpeg(image, quality) : encode_webp(image, float(quality));
  const bool described = text.empty() || add_description(bytes, json_of(text), {image.width, image.height});
  save_text(file, bytes);
  return described;
}

std::string encode_thumbnail(const Image& image, size_t max_bytes) {
  if (max_bytes < 256) throw std::logic_error("encode_thumbnail: at least 256 bytes are needed");
  Image picture = image;
  while (true) {
    for (const float quality : {90.F, 80.F, 65.F, 50.F, 35.F}) {
      std::string bytes = encode_webp(picture, quality);
      if (bytes.size() <= max_bytes) return bytes;
    }
    picture = halved(picture);
  }
}

}  // namespace mds
