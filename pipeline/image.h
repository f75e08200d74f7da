// Picture files in and out: JPEG, PNG and WebP are read and written, with words of how a picture was made.
// A picture in memory is 8-bit RGB without padding, rows from top to bottom; transparency is composited on white.
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

struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  // height * width * 3
  bool operator==(const Image&) const = default;
};

struct ImageSize {
  int64_t width = 0, height = 0;
  bool operator==(const ImageSize&) const = default;
};

// What a file says beside its pixels, by keyword: 1 to 79 Latin characters; a value is UTF-8.
using PictureText = std::vector<std::pair<std::string, std::string>>;

Image make_image(ImageSize size, uint8_t grey = 255);

// The format is told from the content, never from the file's name. FileError names the file and what is wrong with it.
// Turned as EXIF says. Grey, palette and 16-bit pictures (rounded to the nearest of 256 values) become 8-bit RGB, and
// so does CMYK, taken as inverted as Adobe and PIL take it. An animated PNG gives the picture that stands for it;
// animated WebPs and GIFs are refused. Sizes beyond the limits above are refused before any memory is taken.
Image load_image(const std::string& file);
Image decode_image(std::string_view bytes, const std::string& name);  // `name` opens error messages

// Whether a file that ends so (".png", in any case) is taken for a picture. Formats that cannot be decoded (GIF, BMP,
// TIFF) are too, and so are refused by name rather than passed over.
bool is_picture_ending(std::string ending);

// From the header; no pixels are decoded. As stored: an EXIF orientation of 5 to 8 exchanges width and height.
ImageSize load_image_size(const std::string& file);
ImageSize decode_image_size(std::string_view bytes, const std::string& name);

// The formats that are written. The ending of a file's name, in any case, says which.
enum class PictureFormat : uint8_t { png, jpg, webp };
std::optional<PictureFormat> picture_format(const std::string& file);  // nothing for another ending, or none
inline constexpr const char* written_endings = ".png, .jpg, .jpeg or .webp";

// Writes the file whole or not at all, in the format of its ending; ConfigError for another ending. The text goes into
// PNG's text chunks, or as one JSON object into the Exif description of JPEG and WebP: returns false where it is too
// long for that and was left out. `quality` is of JPEG and WebP, 1 to 100.
constexpr int usual_quality = 95;
bool save_picture(const std::string& file, const Image& image, const PictureText& text = {},
                  int quality = usual_quality);
std::string encode_png(const Image& image, const PictureText& text = {});
void save_png(const std::string& file, const Image& image, const PictureText& text = {});  // whatever the ending

// What save_picture and save_png wrote beside the pixels; empty where there is nothing. FileError where the file cannot
// be read. Pixels are not decoded.
PictureText picture_text(const std::string& file);
std::string picture_text(const std::string& file, const std::string& key);  // FileError where there is no such text

// A picture for a database or a page, of at most max_bytes (at least 256): WebP of falling quality, then of falling
// size.
constexpr std::string_view thumbnail_mime = "image/webp";
std::string encode_thumbnail(const Image& image, size_t max_bytes);

// The picture upright, given the EXIF orientation of its pixels; numbers other than 2 to 8 leave it as it is.
Image oriented(Image stored, int orientation);

// A rectangle of a picture; offset from the left upper corner. paste and crop throw std::logic_error if it does not
// fit.
Image crop(const Image& image, ImageSize offset, ImageSize size);
void paste(const Image& picture, Image& canvas, ImageSize offset);

Image centre_square(const Image& image);  // the largest one

// A grid on white whose cells fit the largest picture. ConfigError where it would exceed the limits above.
Image tile(const std::vector<Image>& pictures, int64_t columns);

// A file's first `limit` bytes, or all there are; FileError if it cannot be read.
std::string load_bytes(const std::string& file, size_t limit = SIZE_MAX);

}  // namespace mds
