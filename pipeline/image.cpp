#include "pipeline/image.h"

#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "pipeline/exif.h"
#include "pipeline/png_chunks.h"
#include "spec/error.h"

namespace mds {
namespace {

struct Source {
  std::string_view bytes;
  const std::string& name;
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes.data()); }
  [[noreturn]] void fail(const std::string& what) const { throw FileError(name + ": " + what); }
};

// Why a picture's size is not allowed; empty if it is.
std::string wrong_size(int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width <= max_image_side && height <= max_image_side &&
      width * height <= max_image_pixels)
    return "";
  return "is " + std::to_string(width) + " x " + std::to_string(height) + " pixels; allowed: 1 to " +
         std::to_string(max_image_side) + " a side and at most " + std::to_string(max_image_pixels) + " in all";
}

ImageSize checked(const Source& source, int64_t width, int64_t height) {
  if (const auto wrong = wrong_size(width, height); !wrong.empty()) source.fail(wrong);
  return {width, height};
}

Image on_white(const std::vector<uint8_t>& rgba, ImageSize size) {
  Image image = make_image(size);
  for (size_t pixel = 0; pixel < rgba.size() / 4; ++pixel) {
    const int alpha = rgba[4 * pixel + 3];
    for (size_t c = 0; c < 3; ++c)
      image.rgb[3 * pixel + c] = uint8_t((rgba[4 * pixel + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return image;
}

// --- JPEG ------------------------------------------------------------------------------------------------------------

using JpegReader = std::unique_ptr<void, decltype(&tjDestroy)>;

struct JpegHeader {
  ImageSize size;
  bool cmyk;
};

// Whether libjpeg only warned ("extraneous bytes before marker", "unknown JFIF revision"): PIL reads such pictures.
bool only_warned(void* reader) { return tjGetErrorCode(reader) == TJERR_WARNING; }

// libjpeg only warns of data that end too early, too, and makes the rest grey. PIL refuses them.
bool reaches_its_end(std::string_view jpeg) {
  const size_t last_scan = jpeg.rfind("\xff\xda");
  return last_scan != jpeg.npos && jpeg.find("\xff\xd9", last_scan) != jpeg.npos;
}

JpegHeader jpeg_header(const Source& source, void* reader) {
  int width = 0, height = 0, subsampling = 0, colours = 0;
  const int result =
      tjDecompressHeader3(reader, source.data(), source.bytes.size(), &width, &height, &subsampling, &colours);
  if (result != 0 && !only_warned(reader)) source.fail(std::string("is a broken JPEG: ") + tjGetErrorStr2(reader));
  return {checked(source, width, height), colours == TJCS_CMYK || colours == TJCS_YCCK};
}

// CMYK as Adobe writes it into JPEGs: 255 means no ink. Black ink darkens the three other colours.
Image from_inverted_cmyk(const std::vector<uint8_t>& cmyk, ImageSize size) {
  Image image = make_image(size);
  for (size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel)
    for (size_t c = 0; c < 3; ++c)
      image.rgb[3 * pixel + c] = uint8_t((cmyk[4 * pixel + c] * cmyk[4 * pixel + 3] + 127) / 255);
  return image;
}

Image read_jpeg(const Source& source) {
  const JpegReader reader(tjInitDecompress(), tjDestroy);
  const auto [size, cmyk] = jpeg_header(source, reader.get());
  // Each scan of a progressive JPEG goes over all pixels, and a scan may have few bytes: at most 500 are read.
  const auto decode = [&, size = size](std::vector<uint8_t>& pixels, int format) {
    const int result = tjDecompress2(reader.get(), source.data(), source.bytes.size(), pixels.data(), int(size.width),
                                     /*pitch=*/0, int(size.height), format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (result != 0 && !(only_warned(reader.get()) && reaches_its_end(source.bytes)))
      source.fail(std::string("is a broken JPEG: ") + tjGetErrorStr2(reader.get()));
  };
  if (cmyk) {
    std::vector<uint8_t> pixels(size_t(size.width * size.height) * 4);
    decode(pixels, TJPF_CMYK);
    return from_inverted_cmyk(pixels, size);
  }
  Image image = make_image(size);
  decode(image.rgb, TJPF_RGB);
  return image;
}

// --- PNG -------------------------------------------------------------------------------------------------------------

struct PngReader {
  const std::string png;
  png_image image{};
  ImageSize size;
  explicit PngReader(const Source& source)
      : png(png_chunks_of(source.bytes, [](std::string_view kind, size_t) { return kind == "tRNS"; })) {
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, png.data(), png.size()))
      source.fail(std::string("is a broken PNG: ") + image.message);
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // else 16-bit samples without a gamma are read as linear light
    try {
      size = checked(source, image.width, image.height);
    } catch (...) {
      png_image_free(&image);
      throw;
    }
  }
  PngReader(const PngReader&) = delete;
  ~PngReader() { png_image_free(&image); }
};

Image read_png(const Source& source) {
  PngReader reader(source);
  reader.image.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> rgba(size_t(reader.size.width * reader.size.height) * 4);
  if (!png_image_finish_read(&reader.image, nullptr, rgba.data(), 0, nullptr))
    source.fail(std::string("is a broken PNG: ") + reader.image.message);
  return on_white(rgba, reader.size);
}

// --- WebP ------------------------------------------------------------------------------------------------------------

ImageSize webp_size(const Source& source) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(source.data(), source.bytes.size(), &features) != VP8_STATUS_OK) source.fail("is a broken WebP");
  if (features.has_animation) source.fail("is an animated WebP; one still picture is needed");
  return checked(source, features.width, features.height);
}

Image read_webp(const Source& source) {
  const auto size = webp_size(source);
  std::vector<uint8_t> rgba(size_t(size.width * size.height) * 4);
  if (!WebPDecodeRGBAInto(source.data(), source.bytes.size(), rgba.data(), rgba.size(), int(size.width) * 4))
    source.fail("is a broken WebP");
  return on_white(rgba, size);
}

// --- which format ----------------------------------------------------------------------------------------------------

enum class Format : uint8_t { jpeg, png, webp };

Format format_of(const Source& source) {
  const auto bytes = source.bytes;
  if (bytes.starts_with("\xff\xd8\xff")) return Format::jpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return Format::png;
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") return Format::webp;
  if (bytes.starts_with("GIF8")) source.fail("is a GIF picture, which is not read; convert it to PNG");
  source.fail(bytes.empty() ? "is empty" : "is not a JPEG, PNG or WebP picture");
}

Image read_as_stored(const Source& source) {
  switch (format_of(source)) {
    case Format::jpeg:
      return read_jpeg(source);
    case Format::png:
      return read_png(source);
    case Format::webp:
      return read_webp(source);
  }
  throw std::logic_error("unreachable picture format");
}

}  // namespace

bool is_picture_ending(std::string ending) {
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  constexpr std::array<std::string_view, 8> endings{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"};
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

Image make_image(ImageSize size, uint8_t grey) {
  return {size.width, size.height, std::vector<uint8_t>(size_t(size.width * size.height) * 3, grey)};
}

Image decode_image(std::string_view bytes, const std::string& name) {
  return oriented(read_as_stored({bytes, name}), exif_orientation(bytes));
}

std::string load_bytes(const std::string& file, size_t limit) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw FileError(file + ": cannot be read: " + std::strerror(errno ? errno : EISDIR));
  std::string bytes;
  std::array<char, 65536> buffer;
  while (bytes.size() < limit &&
         (in.read(buffer.data(), std::streamsize(std::min(buffer.size(), limit - bytes.size()))) || in.gcount() > 0))
    bytes.append(buffer.data(), size_t(in.gcount()));
  if (in.bad()) throw FileError(file + ": cannot be read to its end: " + std::strerror(errno));
  return bytes;
}

std::string load_picture_bytes(const std::string& file) {
  std::string bytes = load_bytes(file, max_picture_bytes + 1);
  if (bytes.size() > max_picture_bytes)
    throw FileError(file + ": has more than " + std::to_string(max_picture_bytes) + " bytes, the most of a picture");
  return bytes;
}

Image load_image(const std::string& file) { return decode_image(load_picture_bytes(file), file); }

ImageSize load_image_size(const std::string& file) {
  constexpr size_t usual_header = 1 << 18;  // profiles and previews may come before a JPEG's size
  const std::string start = load_bytes(file, usual_header);
  try {
    return decode_image_size(start, file);
  } catch (const FileError&) {
    if (start.size() < usual_header) throw;
    return decode_image_size(load_picture_bytes(file), file);
  }
}

ImageSize decode_image_size(std::string_view bytes, const std::string& name) {
  const Source source{bytes, name};
  switch (format_of(source)) {
    case Format::jpeg:
      return jpeg_header(source, JpegReader(tjInitDecompress(), tjDestroy).get()).size;
    case Format::png:
      return PngReader(source).size;
    case Format::webp:
      return webp_size(source);
  }
  throw std::logic_error("unreachable picture format");
}

Image oriented(Image stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const auto among = [&](std::string_view numbers) { return numbers.find(char('0' + orientation)) != numbers.npos; };
  const bool from_right = among("2378"), from_below = among("3467"), transposed = orientation >= 5;
  Image image =
      make_image(transposed ? ImageSize{stored.height, stored.width} : ImageSize{stored.width, stored.height});
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const int64_t column = transposed ? y : x, row = transposed ? x : y;
      const int64_t from_x = from_right ? stored.width - 1 - column : column;
      const int64_t from_y = from_below ? stored.height - 1 - row : row;
      std::copy_n(stored.rgb.begin() + (from_y * stored.width + from_x) * 3, 3,
                  image.rgb.begin() + (y * image.width + x) * 3);
    }
  return image;
}

Image crop(const Image& image, ImageSize offset, ImageSize size) {
  if (offset.width < 0 || offset.height < 0 || size.width < 1 || size.height < 1 ||
      offset.width + size.width > image.width || offset.height + size.height > image.height)
    throw std::logic_error("crop: the rectangle leaves the picture");
  Image result = make_image(size);
  for (int64_t y = 0; y < size.height; ++y)
    std::copy_n(image.rgb.begin() + ((offset.height + y) * image.width + offset.width) * 3, size.width * 3,
                result.rgb.begin() + y * size.width * 3);
  return result;
}

void paste(const Image& picture, Image& canvas, ImageSize offset) {
  if (offset.width < 0 || offset.height < 0 || offset.width + picture.width > canvas.width ||
      offset.height + picture.height > canvas.height)
    throw std::logic_error("paste: the picture does not fit on the canvas");
  for (int64_t y = 0; y < picture.height; ++y)
    std::copy_n(picture.rgb.begin() + y * picture.width * 3, picture.width * 3,
                canvas.rgb.begin() + ((offset.height + y) * canvas.width + offset.width) * 3);
}

Image centre_square(const Image& image) {
  const int64_t side = std::min(image.width, image.height);
  return crop(image, {(image.width - side) / 2, (image.height - side) / 2}, {side, side});
}

Image tile(const std::vector<Image>& pictures, int64_t columns) {
  constexpr int64_t gap = 2;
  if (pictures.empty() || columns < 1) throw std::logic_error("tile: no pictures or no columns");
  columns = std::min(columns, int64_t(pictures.size()));
  const int64_t rows = (int64_t(pictures.size()) + columns - 1) / columns;
  ImageSize cell;
  for (const auto& picture : pictures)
    cell = {std::max(cell.width, picture.width), std::max(cell.height, picture.height)};
  const ImageSize size{columns * (cell.width + gap) - gap, rows * (cell.height + gap) - gap};
  if (const auto wrong = wrong_size(size.width, size.height); !wrong.empty())
    throw ConfigError("the sheet of " + std::to_string(pictures.size()) + " pictures " + wrong);
  Image sheet = make_image(size);
  for (size_t i = 0; i < pictures.size(); ++i)
    paste(pictures[i], sheet, {int64_t(i) % columns * (cell.width + gap), int64_t(i) / columns * (cell.height + gap)});
  return sheet;
}

}  // namespace mds
