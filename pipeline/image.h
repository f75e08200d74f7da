// Reads and writes picture files: JPEG, PNG and WebP, with text that says how a picture was made. A picture in memory
// is 8-bit RGB without padding, rows from top to bottom; transparency is composited on white.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mds {

constexpr int64_t max_image_side = 16384;
constexpr int64_t max_image_pixels = 100'000'000;
constexpr size_t max_picture_bytes = size_t(256) << 20;  // of a picture's file

struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  // height * width * 3
  bool operator==(const Image&) const = default;
};

struct ImageSize {
  int64_t width = 0, height = 0;
  bool operator==(const ImageSize&) const = default;
};

// Text stored in a picture file, by keyword: a keyword is 1 to 79 Latin characters, a value is UTF-8.
using PictureText = std::vector<std::pair<std::string, std::string>>;

Image make_image(ImageSize size, uint8_t grey = 255);

// Recognises the format by the content, not by the file's name. FileError names the file and the problem. Applies the
// EXIF orientation. Grey, palette and 16-bit pictures (rounded to the nearest of 256 values) become 8-bit RGB, and so
// does CMYK, read as inverted as Adobe and PIL do. As PIL does, it reads JPEGs of which libjpeg only warns, if they are
// whole, and takes a PNG's values as they are, whatever its gAMA or profile says. Of an animated PNG the default
// picture is read; animated WebPs and GIFs are refused. Sizes above the limits are refused before memory is allocated.
Image load_image(const std::string& file);
Image decode_image(std::string_view bytes, const std::string& name);  // `name` begins error messages

// Whether a file with this ending (".png", in any case) is treated as a picture. This includes formats that cannot be
// decoded (GIF, BMP, TIFF), so that an error names such a file instead of skipping it.
bool is_picture_ending(std::string ending);

// Reads the size from the header without decoding. It is the stored size: EXIF orientations 5 to 8 swap the sides.
ImageSize load_image_size(const std::string& file);
ImageSize decode_image_size(std::string_view bytes, const std::string& name);

// The formats that can be written; the ending of a file's name, in any case, selects one.
enum class PictureFormat : uint8_t { png, jpg, webp };
std::optional<PictureFormat> picture_format(const std::string& file);  // nothing for another or no ending
inline constexpr const char* written_endings = ".png, .jpg, .jpeg or .webp";

// Writes the file, complete or not at all, in the format of its ending; ConfigError for another ending. The text goes
// into text chunks of PNG, or as one JSON object into the Exif description of JPEG and WebP; returns false where it is
// too long for that and was left out. `quality` applies to JPEG and WebP, 1 to 100.
constexpr int usual_quality = 95;
bool save_picture(const std::string& file, const Image& image, const PictureText& text = {},
                  int quality = usual_quality);
std::string encode_png(const Image& image, const PictureText& text = {});
void save_png(const std::string& file, const Image& image, const PictureText& text = {});  // for any ending

// The text that save_picture and save_png stored; empty where there is none. FileError where the file cannot be read.
// Pixels are not decoded.
PictureText picture_text(const std::string& file);
std::string picture_text(const std::string& file, const std::string& key);  // FileError where there is none

// A small picture for a database or a page, of at most max_bytes (at least 256): WebP whose quality, then size, is
// reduced until it fits.
constexpr std::string_view thumbnail_mime = "image/webp";
std::string encode_thumbnail(const Image& image, size_t max_bytes);

// Rotates or mirrors the stored pixels by their EXIF orientation; numbers other than 2 to 8 change nothing.
Image oriented(Image stored, int orientation);

// crop cuts out a rectangle, paste copies a picture into another; offset is the upper left corner. std::logic_error if
// it does not fit.
Image crop(const Image& image, ImageSize offset, ImageSize size);
void paste(const Image& picture, Image& canvas, ImageSize offset);

Image centre_square(const Image& image);  // the largest one

// Arranges pictures on a white grid with cells for the largest. ConfigError where it would exceed the limits above.
Image tile(const std::vector<Image>& pictures, int64_t columns);

// The first `limit` bytes of a file, or all; FileError if it cannot be read.
std::string load_bytes(const std::string& file, size_t limit = SIZE_MAX);

// All bytes of a picture's file; FileError where they are more than max_picture_bytes.
std::string load_picture_bytes(const std::string& file);

}  // namespace mds
