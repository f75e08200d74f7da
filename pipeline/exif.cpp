#include "pipeline/exif.h"

#include <cstdint>

namespace mds {
namespace {

constexpr std::string_view exif_mark("Exif\0\0", 6);

// An unsigned number of `size` bytes; 0 beyond the end, which no caller takes for a place or a length to follow.
uint32_t number(std::string_view bytes, size_t at, size_t size, bool big_endian) {
  if (at > bytes.size() || size > bytes.size() - at) return 0;
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + (big_endian ? i : size - 1 - i)]);
  return value;
}

std::string_view part(std::string_view bytes, size_t at, size_t size) {
  return at <= bytes.size() ? bytes.substr(at, size) : std::string_view();
}

std::string_view without_mark(std::string_view block) {
  return block.starts_with(exif_mark) ? block.substr(exif_mark.size()) : block;
}

// Each finds the TIFF structure within its kind of file; empty if there is none.

std::string_view jpeg_block(std::string_view file) {
  for (size_t at = 2; at + 4 <= file.size() && file[at] == '\xff';) {
    const auto marker = static_cast<unsigned char>(file[at + 1]);
    if (marker == 0xda || marker == 0xd9) break;  // the pixels, or the end
    const size_t size = number(file, at + 2, 2, /*big_endian=*/true);
    if (size < 2) break;
    const auto content = part(file, at + 4, size - 2);
    if (marker == 0xe1 && content.starts_with(exif_mark)) return without_mark(content);
    at += 2 + size;
  }
  return {};
}

std::string_view png_block(std::string_view file) {
  for (size_t at = 8; at + 12 <= file.size();) {
    const size_t size = number(file, at, 4, /*big_endian=*/true);
    if (part(file, at + 4, 4) == "eXIf") return without_mark(part(file, at + 8, size));
    at += 12 + size;
  }
  return {};
}

std::string_view webp_block(std::string_view file) {
  for (size_t at = 12; at + 8 <= file.size();) {
    const size_t size = number(file, at + 4, 4, /*big_endian=*/false);
    if (part(file, at, 4) == "EXIF") return without_mark(part(file, at + 8, size));
    at += 8 + size + size % 2;
  }
  return {};
}

int tiff_orientation(std::string_view tiff) {
  const bool big = tiff.starts_with("MM");
  if (!big && !tiff.starts_with("II")) return 1;
  const size_t directory = number(tiff, 4, 4, big), entries = number(tiff, directory, 2, big);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (number(tiff, entry, 2, big) != 274) continue;
    const uint32_t value = number(tiff, entry + 8, 2, big);
    return value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

}  // namespace

int exif_orientation(std::string_view file) {
  if (file.starts_with("\xff\xd8")) return tiff_orientation(jpeg_block(file));
  if (file.starts_with("\x89PNG")) return tiff_orientation(png_block(file));
  if (file.starts_with("RIFF")) return tiff_orientation(webp_block(file));
  return 1;
}

}  // namespace mds
