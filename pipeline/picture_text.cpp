// The text that picture files store beside their pixels. libpng reports errors by longjmp, so the function that calls
// setjmp has no objects with destructors.
#include <png.h>

#include <algorithm>

#include "pipeline/exif.h"
#include "pipeline/image.h"
#include "pipeline/png_chunks.h"
#include "spec/describe.h"

namespace mds {
namespace {

// Longer texts, packed or unpacked, are left out, as are all behind that many.
constexpr size_t most_text_bytes = size_t(1) << 20, most_texts = 100;

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

// libpng would print both to stderr.
void keep_quiet(png_structp, png_const_charp) {}
void give_up(png_structp png, png_const_charp) { png_longjmp(png, 1); }

struct PngTextReader {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, keep_quiet);
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
  png_set_chunk_malloc_max(reader.png, most_text_bytes);
  png_set_chunk_cache_max(reader.png, most_texts);
  png_read_info(reader.png, reader.info);
  return true;
}

// The text chunks before the pixels.
PictureText png_texts(const std::string& file, const std::string& bytes) {
  const PngTextReader reader;
  Input input{bytes};
  if (!read_info(reader, input)) throw FileError(file + ": is a broken PNG");
  png_textp chunks = nullptr;
  const int count = png_get_text(reader.png, reader.info, &chunks, nullptr);
  PictureText text;
  for (int i = 0; i < count; ++i)
    text.emplace_back(chunks[i].key,
                      std::string(chunks[i].text, std::max(chunks[i].text_length, chunks[i].itxt_length)));
  return text;
}

// Empty for descriptions by other programs: ours are JSON objects of texts.
PictureText described(std::string_view description) {
  const Json json = json_or_null(description, most_json_line_bytes);
  PictureText text;
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      if (value.is_string()) text.emplace_back(key, value.get<std::string>());
  return text;
}

}  // namespace

PictureText picture_text(const std::string& file) {
  const std::string bytes = load_picture_bytes(file);
  if (!bytes.starts_with("\x89PNG")) return described(exif_description(bytes));
  return png_texts(file, png_chunks_of(bytes, [](std::string_view kind, size_t size) {
                     return size <= most_text_bytes && (kind == "tEXt" || kind == "zTXt" || kind == "iTXt");
                   }));
}

std::string picture_text(const std::string& file, const std::string& key) {
  const PictureText text = picture_text(file);
  std::string keys;
  for (const auto& [name, value] : text) {
    if (name == key) return value;
    keys += (keys.empty() ? "" : ", ") + name;
  }
  throw FileError(file + ": has no text \"" + key +
                  "\" beside its pixels; there is: " + (keys.empty() ? "none" : keys));
}

}  // namespace mds
