// Writing pictures. libpng reports errors by longjmp, so each function that calls setjmp holds no object with a
// destructor; what it fills belongs to its caller.
#include <png.h>
#include <webp/encode.h>

#include <algorithm>
#include <memory>

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

struct Input {
  const std::string& bytes;
  size_t offset = 0;
};

void take(png_structp png, png_bytep bytes, size_t size) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (size > input.bytes.size() - input.offset) png_error(png, "truncated");
  std::copy_n(input.bytes.data() + input.offset, size, reinterpret_cast<char*>(bytes));
  input.offset += size;
}

struct PngTextReader {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  PngTextReader() {
    if (!info) throw std::bad_alloc();
  }
  PngTextReader(const PngTextReader&) = delete;
  ~PngTextReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

bool read_info(const PngTextReader& reader, Input& input) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &input, take);
  png_set_user_limits(reader.png, max_image_side, max_image_side);
  png_read_info(reader.png, reader.info);
  return true;
}

// Half the size, each pixel the mean of four.
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
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string encode_png(const Image& image, const PngText& text) {
  if (image.width < 1 || image.height < 1 || image.rgb.size() != size_t(image.width * image.height * 3))
    throw std::logic_error("encode_png: the picture's size and its pixels disagree");
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

void save_png(const std::string& file, const Image& image, const PngText& text) {
  save_text(file, encode_png(image, text));
}

std::string png_text(const std::string& file, const std::string& key) {
  const std::string bytes = load_bytes(file);
  const PngTextReader reader;
  Input input{bytes};
  if (!bytes.starts_with("\x89PNG") || !read_info(reader, input))
    throw FileError(file + ": is not a PNG or is a broken one");
  png_textp chunks = nullptr;
  const int count = png_get_text(reader.png, reader.info, &chunks, nullptr);
  std::string keys;
  for (int i = 0; i < count; ++i) {
    if (chunks[i].key == key) return {chunks[i].text, std::max(chunks[i].text_length, chunks[i].itxt_length)};
    keys += (keys.empty() ? "" : ", ") + std::string(chunks[i].key);
  }
  throw FileError(file + ": has no text chunk \"" + key +
                  "\" before its pixels; there are: " + (keys.empty() ? "none" : keys));
}

std::string encode_thumbnail(const Image& image, size_t max_bytes) {
  if (max_bytes < 256) throw std::logic_error("encode_thumbnail: at least 256 bytes are needed");
  Image picture = image;
  while (true) {
    for (const float quality : {90.F, 80.F, 65.F, 50.F, 35.F}) {
      std::string bytes = encode_webp(picture, quality);
      if (bytes.empty()) throw FileError("a WebP picture could not be encoded");
      if (bytes.size() <= max_bytes) return bytes;
    }
    picture = halved(picture);
  }
}

}  // namespace mds
