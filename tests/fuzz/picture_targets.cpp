// Pictures of each format, tar shards, COCO's annotations and metadata.jsonl.
#include <filesystem>

#include "data/coco.h"
#include "data/shard_samples.h"
#include "pipeline/image.h"
#include "tests/data/tar_builder.h"
#include "tests/fuzz/target_lists.h"
#include "tests/pipeline/picture_bytes.h"

namespace mds::fuzz {
namespace {

Image picture() {
  Image image = make_image({20, 12});
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = uint8_t(i * 7);
  return image;
}

// The bytes of the picture as we write it, with text.
std::string written(const std::string& name) {
  const std::string file = folder() + "/" + name;
  save_picture(file, picture(), {{"prompt", "a red heart"}, {"model", "toy"}});
  return bytes_of(file);
}

void read_picture(const std::string& input) {
  const std::string file = file_with("picture", input);
  load_image_size(file);
  picture_text(file);
  load_image(file);
}

Target pngs() {
  const auto fit_checksums = [](std::string& png) {
    for (size_t at = 8; at + 12 <= png.size();) {
      size_t length = 0;
      for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
      length = std::min(length, png.size() - at - 12);
      png.replace(at, 12 + length, png_chunk(png.substr(at + 4, 4), png.substr(at + 8, length)));
      at += 12 + length;
    }
  };
  const std::string png = written("a.png");
  return {.name = "png",
          .seeds = {png, png_row(1, 0, 9, "\x55\x80"), png_row(8, 3, 4, std::string("\0\1\0\1", 4)),
                    png_row(16, 4, 2, "aabbccdd"), png_row(16, 2, 1, "aabbcc"), animated_png(picture()),
                    png.substr(0, 33) + png_chunk("eXIf", tiff(6, true)) + png.substr(33)},
          .tokens = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "zTXt", "iTXt", "iCCP", "gAMA", "eXIf", "acTL",
                     png_chunk("tEXt", std::string("a\0b", 3)), png_chunk("zTXt", std::string("a\0\0x", 4)),
                     png_chunk("tRNS", "ab"), png_chunk("IDAT", "")},
          .read = read_picture,
          .repair = fit_checksums,
          .share = 100};
}

Target jpegs() {
  const std::string jpeg = written("a.jpg");
  const std::vector<uint8_t> cmyk(16 * 16 * 4, 77);
  return {.name = "jpeg",
          .seeds = {jpeg, encode_jpeg(picture().rgb, {20, 12}, TJPF_RGB), encode_jpeg(cmyk, {16, 16}, TJPF_CMYK),
                    encode_progressive_jpeg(picture()), jpeg_with(tiff(6, false), jpeg)},
          .tokens = {"\xff\xd8", "\xff\xd9", "\xff\xda", "\xff\xc0", "\xff\xc2", "\xff\xc4", "\xff\xdb", "\xff\xdd",
                     "\xff\xe1", "Exif", "II*", "MM"},
          .read = read_picture,
          .share = 100};
}

Target webps() {
  return {
      .name = "webp",
      .seeds = {written("a.webp"), encode_webp(picture()), webp_with(tiff(3, false), encode_webp(picture()), {20, 12})},
      .tokens = {"RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "EXIF"},
      .read = read_picture,
      .share = 100};
}

// gzip with a stored block.
std::string packed(const std::string& bytes) {
  const std::string sum = png_chunk("", bytes), crc = sum.substr(sum.size() - 4);  // of the same polynomial
  std::string blocks;
  for (size_t at = 0; at < bytes.size(); at += 0xffff) {
    const std::string block = bytes.substr(at, 0xffff);
    const auto size = uint32_t(block.size());
    blocks += char(at + size == bytes.size()) + number(size, 2, false) + number(~size, 2, false) + block;
  }
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + blocks + std::string(crc.rbegin(), crc.rend()) +
         number(uint32_t(bytes.size()), 4, false);
}

void fit_tar(std::string& tar) {
  for (size_t at = 0; at + 512 <= tar.size(); at += 512) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    tar.replace(at + 148, 8, "        ");
    unsigned sum = 0;
    for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    char number[16];
    std::snprintf(number, sizeof number, "%06o", sum);
    tar.replace(at + 148, 7, std::string(number) + '\0');
  }
}

Target shards() {
  const std::string png = encode_png(make_image({2, 2}));
  const std::string tar = tar_member("a.png", png) + tar_member("a.txt", "red heart") + tar_member("b.x.PNG", png) +
                          tar_member("b.x.json", R"({"caption": "blue"})") + tar_member("._c.png", png) + tar_end();
  return {.name = "tar",
          .seeds = {tar, packed(tar)},
          .tokens = {"ustar", "00000000001", "77777777777", "../../x.png", "/etc/passwd",
                     std::string("\x80\0\0\0\0\0\0\xff", 8), "GNU.sparse.major=1\n", "20 path=x\n", "x", "L", "S",
                     "\x28\xb5\x2f\xfd", "BZh9",
                     "\xfd"
                     "7zXZ"},
          .read =
              [](const std::string& input) {
                FolderReport report;
                ShardSamples samples({file_with("a.tar", input)}, report);
                while (samples.next()) {
                }
                summary(report);
              },
          .repair = fit_tar,
          .share = 100};
}

// A folder of two pictures.
const std::string& two_pictures() {
  static const std::string path = [] {
    const std::string made = folder() + "/pictures";
    std::filesystem::create_directories(made);
    for (const char* name : {"a.png", "b.png"}) save_png(made + "/" + name, picture());
    return made;
  }();
  return path;
}

void must_be_inside(const std::vector<Pair>& pairs) {
  for (const auto& pair : pairs)
    if (!std::filesystem::path(pair.file).lexically_normal().string().starts_with(two_pictures() + "/"))
      throw std::logic_error("a picture outside of the folder: " + pair.file);
}

Target coco() {
  return {.name = "coco",
          .seeds = {R"({"images": [{"id": 1, "file_name": "a.png", "license": 1}, {"id": 2, "file_name": "b.png"}],
 "licenses": [{"id": 1, "name": "CC0"}],
 "annotations": [{"id": 7, "image_id": 1, "caption": "red"}, {"id": 8, "image_id": 2, "caption": " blue "}]})"},
          .tokens = {"\"../a.png\"", "\"/a.png\"", "\"./x/../a.png\"",
                     "\"images\":", "\"annotations\":", "\"id\":", "\"image_id\":", "\"caption\":"},
          .read =
              [](const std::string& input) {
                const std::string file = file_with("coco.json", input);
                must_be_inside(list_coco({.annotations = file, .folder = two_pictures()}));
                coco_captions(file);
              },
          .share = 50};
}

Target metadata() {
  return {.name = "metadata",
          .seeds = {"{\"file_name\": \"a.png\", \"text\": \"red\"}\n"
                    "{\"file_name\": \"b.png\", \"text\": \"blue\", \"split\": \"held_out\", \"id\": \"b\", \"group\": "
                    "\"x\"}\n"},
          .tokens = {"\"../a.png\"", "\"/a.png\"", "\"split\":", "\"held_out\"", "\"group\":", "\"id\":", "\r\n"},
          .read =
              [](const std::string& input) {
                file_with("pictures/metadata.jsonl", (two_pictures(), input));
                must_be_inside(list_pairs(two_pictures()));
              },
          .share = 50};
}

}  // namespace

std::vector<Target> picture_targets() { return {pngs(), jpegs(), webps(), shards(), coco(), metadata()}; }

}  // namespace mds::fuzz
