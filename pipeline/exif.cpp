#include "pipeline/exif.h"

#include <cstdint>

namespace mds {
namespace {

constexpr std::string_view exif_mark("Exif\0\0", 6);
constexpr uint32_t description_tag = 270, orientation_tag = 274;

// An unsigned number of `size` bytes; 0 beyond the end. Callers treat 0 as absent, so they never follow it.
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

// Each function finds the TIFF structure in its kind of file; empty if there is none.

std::string_view jpeg_block(std::string_view file) {
  for (size_t at = 2; at + 4 <= file.size() && file[at] == '\xff';) {
    const auto marker = static_cast<unsigned char>(file[at + 1]);
    if (marker == 0xda || marker == 0xd9) break;  // pixels follow, or the file ends
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

std::string_view tiff_block(std::string_view file) {
  if (file.starts_with("\xff\xd8")) return jpeg_block(file);
  if (file.starts_with("\x89PNG")) return png_block(file);
  return file.starts_with("RIFF") ? webp_block(file) : std::string_view();
}

// An entry of the first directory: its number of values, and the place of the four bytes with the value or its offset.
struct Entry {
  uint32_t count = 0;
  size_t at = 0;
};

bool is_big(std::string_view tiff) { return tiff.starts_with("MM"); }

Entry find_entry(std::string_view tiff, uint32_t tag) {
  const bool big = is_big(tiff);
  if (!big && !tiff.starts_with("II")) return {};
  const size_t directory = number(tiff, 4, 4, big), entries = number(tiff, directory, 2, big);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (number(tiff, entry, 2, big) == tag) return {number(tiff, entry + 4, 4, big), entry + 8};
  }
  return {};
}

std::string written(uint32_t value, size_t size, bool big_endian) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += char(value >> 8 * (big_endian ? size - 1 - i : i));
  return bytes;
}
std::string u16(uint32_t value) { return written(value, 2, /*big_endian=*/false); }
std::string u32(uint32_t value) { return written(value, 4, /*big_endian=*/false); }

// A TIFF structure that holds only the description, padded to even length.
std::string tiff_with(const std::string& description) {
  const uint32_t length = uint32_t(description.size() + 1), text_at = 8 + 2 + 12 + 4, ascii = 2;
  return "II" + u16(42) + u32(8) + u16(1) + u16(description_tag) + u16(ascii) + u32(length) + u32(text_at) + u32(0) +
         description + std::string(1 + length % 2, '\0');
}

std::string chunk(const std::string& kind, const std::string& content) {
  return kind + u32(uint32_t(content.size())) + content + std::string(content.size() % 2, '\0');
}

}  // namespace

int exif_orientation(std::string_view file) {
  const auto tiff = tiff_block(file);
  const Entry entry = find_entry(tiff, orientation_tag);
  const uint32_t value = entry.at == 0 ? 1 : number(tiff, entry.at, 2, is_big(tiff));
  return value >= 1 && value <= 8 ? int(value) : 1;
}

std::string_view exif_description(std::string_view file) {
  const auto tiff = tiff_block(file);
  const auto [count, at] = find_entry(tiff, description_tag);
  if (count <= 4) return {};  // short texts lie in the entry itself, and ours are longer
  return part(tiff, number(tiff, at, 4, is_big(tiff)), count - 1);
}

bool add_description(std::string& file, const std::string& description, ImageSize size) {
  const std::string tiff = tiff_with(description);
  if (file.starts_with("RIFF")) {
    const std::string canvas =
        written(uint32_t(size.width - 1), 3, false) + written(uint32_t(size.height - 1), 3, false);
    const std::string flag_of_exif("\x08\0\0\0", 4);
    file = chunk("RIFF", "WEBP" + chunk("VP8X", flag_of_exif + canvas) + file.substr(12) + chunk("EXIF", tiff));
    return true;
  }
  const size_t length = 2 + exif_mark.size() + tiff.size(), most = 0xffff;
  if (length > most) return false;
  const size_t after_jfif = 4 + number(file, 4, 2, /*big_endian=*/true);
  file.insert(after_jfif, "\xff\xe1" + written(uint32_t(length), 2, true) + std::string(exif_mark) + tiff);
  return true;
}

}  // namespace mds
