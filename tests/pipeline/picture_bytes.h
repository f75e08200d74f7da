// Picture files of kinds that the project does not write, made byte by byte or by the codecs.
#pragma once

#include <turbojpeg.h>
#include <webp/encode.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/image.h"

namespace mds {

inline std::string encode_jpeg(const std::vector<uint8_t>& pixels, ImageSize size, int format, int flags = 0) {
  unsigned char* bytes = nullptr;
  unsigned long length = 0;
  const auto writer = tjInitCompress();
  if (tjCompress2(writer, pixels.data(), int(size.width), 0, int(size.height), format, &bytes, &length, TJSAMP_444, 100,
                  flags) != 0)
    throw std::runtime_error(tjGetErrorStr2(writer));
  std::string result(reinterpret_cast<char*>(bytes), length);
  tjFree(bytes);
  tjDestroy(writer);
  return result;
}

inline std::string encode_progressive_jpeg(const Image& image) {
  return encode_jpeg(image.rgb, {image.width, image.height}, TJPF_RGB, TJFLAG_PROGRESSIVE);
}

inline std::string number(uint32_t value, int bytes, bool big_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(value >> 8 * (big_endian ? bytes - 1 - i : i));
  return text;
}

// A TIFF directory of two entries, the second the orientation.
inline std::string tiff(int orientation, bool big) {
  const auto u16 = [&](uint32_t v) { return number(v, 2, big); };
  const auto u32 = [&](uint32_t v) { return number(v, 4, big); };
  return (big ? "MM" : "II") + u16(42) + u32(8) + u16(2) + u16(256) + u16(3) + u32(1) + u16(5) + u16(0) + u16(274) +
         u16(3) + u32(1) + u16(uint32_t(orientation)) + u16(0) + u32(0);
}

inline std::string jpeg_with(const std::string& block, const std::string& jpeg) {
  const std::string content = std::string("Exif\0\0", 6) + block;
  return jpeg.substr(0, 2) + "\xff\xe1" + number(uint32_t(content.size() + 2), 2, true) + content + jpeg.substr(2);
}

inline std::string png_chunk(const std::string& kind, const std::string& content) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : kind + content) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return number(uint32_t(content.size()), 4, true) + kind + content + number(~crc, 4, true);
}

inline std::string webp_with(const std::string& block, const std::string& webp, ImageSize size) {
  const auto chunk = [](const std::string& kind, const std::string& content) {
    return kind + number(uint32_t(content.size()), 4, false) + content + std::string(content.size() % 2, '\0');
  };
  const std::string canvas = number(uint32_t(size.width - 1), 3, false) + number(uint32_t(size.height - 1), 3, false);
  const std::string content =
      "WEBP" + chunk("VP8X", std::string("\x08\0\0\0", 4) + canvas) + webp.substr(12) + chunk("EXIF", block);
  return "RIFF" + number(uint32_t(content.size()), 4, false) + content;
}

inline std::string encode_webp(const Image& image) {
  uint8_t* bytes = nullptr;
  const size_t length =
      WebPEncodeLosslessRGB(image.rgb.data(), int(image.width), int(image.height), int(image.width) * 3, &bytes);
  const std::string result(reinterpret_cast<char*>(bytes), length);
  WebPFree(bytes);
  return result;
}

// One row of samples of any depth and colour type.
inline std::string png_row(int depth, int colour_type, uint32_t width, const std::string& row) {
  const std::string header =
      number(width, 4, true) + number(1, 4, true) + char(depth) + char(colour_type) + std::string(3, '\0');
  const std::string raw = std::string(1, '\0') + row;
  uint32_t a = 1, b = 0;
  for (const char c : raw) b = (b + (a = (a + static_cast<unsigned char>(c)) % 65521)) % 65521;
  const std::string stored = std::string("\x78\x01\x01", 3) + number(uint32_t(raw.size()), 2, false) +
                             number(~uint32_t(raw.size()), 2, false) + raw + number(b << 16 | a, 4, true);
  const std::string palette = colour_type == 3 ? png_chunk("PLTE", "\x10\x20\x30\x40\x50\x60") : "";
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + palette + png_chunk("IDAT", stored) + png_chunk("IEND", "");
}

// A PNG that claims to be an animation with one frame, and the still picture for it.
inline std::string animated_png(const Image& still) {
  const std::string png = encode_png(still), animation = number(2, 4, true) + number(0, 4, true);
  return png.substr(0, 33) + png_chunk("acTL", animation) + png.substr(33);
}

inline std::string animated_webp(const Image& still) {
  std::string webp = webp_with("", encode_webp(still), {still.width, still.height});
  webp[20] = 2;  // the flag of an animation
  return webp;
}

}  // namespace mds
