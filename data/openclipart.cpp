#include "data/openclipart.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "data/folder_writer.h"
#include "data/openclipart_caption.h"
#include "data/parallel.h"
#include "data/tool.h"
#include "spec/error.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

struct Drawing {
  std::string path, caption;  // path relative to the collection
};

std::vector<std::string> drawing_paths(const OpenClipartOptions& options, FolderReport& skipped) {
  if (!fs::is_directory(options.collection))
    throw FileError(options.collection + ": does not exist; it comes with the package openclipart-svg");
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(options.collection)) {
    if (entry.path().extension() != ".svg") continue;
    const std::string path = entry.path().lexically_relative(options.collection).string();
    const std::string reason = entry.is_symlink() ? "a symbolic link" : unusable_folder(path);
    reason.empty() ? paths.push_back(path) : skipped.skips.push_back({path, reason});
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A caption that more drawings share names a batch ("blueman", "people"), not a thing.
constexpr int64_t max_sharing = 20;

std::string reason_to_skip(const std::string& caption) {
  if (std::count_if(caption.begin(), caption.end(), [](char c) { return c >= 'a' && c <= 'z'; }) < 3 ||
      caption == "icon")
    return "no caption";
  if (std::count(caption.begin(), caption.end(), ' ') >= 12) return "a caption of more than 12 words";
  if (std::any_of(caption.begin(), caption.end(), [](char c) { return c & 0x80; }))
    return "a caption that is not plain English letters";
  return "";
}

std::vector<Drawing> captioned(const OpenClipartOptions& options, FolderReport& skipped) {
  std::vector<ClipartText> texts;
  std::map<std::string, int64_t> titles;
  for (const auto& path : drawing_paths(options, skipped)) {
    texts.push_back(parse_clipart(load_bytes(options.collection + "/" + path), path));
    ++titles[texts.back().title];
  }
  std::map<std::string, int64_t> captions;
  for (const auto& text : texts) ++captions[clipart_caption(text, titles)];
  std::vector<Drawing> drawings;
  for (const auto& text : texts) {
    const std::string caption = clipart_caption(text, titles);
    const std::string reason =
        captions[caption] > max_sharing ? "a caption shared by more than 20 drawings" : reason_to_skip(caption);
    reason.empty() ? drawings.push_back({text.path, caption}) : skipped.skips.push_back({text.path, reason});
  }
  return drawings;
}

Image render(const std::string& file, int64_t side, const OpenClipartOptions& options) {
  const std::string pixels = std::to_string(side);
  const std::string png =
      run_tool({.command = {"rsvg-convert", "--width", pixels, "--height", pixels, "--keep-aspect-ratio", file},
                .package = "librsvg2-bin",
                .limit = std::chrono::seconds(options.seconds_per_file)});
  return decode_image(png, file);
}

// Without its white margins; a blank picture is a FileError.
Image trim(const Image& image, const std::string& file) {
  ImageSize first{image.width, image.height}, last{-1, -1};
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const uint8_t* pixel = image.rgb.data() + (y * image.width + x) * 3;
      if (pixel[0] == 255 && pixel[1] == 255 && pixel[2] == 255) continue;
      first = {std::min(first.width, x), std::min(first.height, y)};
      last = {std::max(last.width, x), std::max(last.height, y)};
    }
  if (last.width < 0) throw FileError(file + ": is blank");
  return crop(image, first, {last.width - first.width + 1, last.height - first.height + 1});
}

// Centred on a white square. Many drawings are small on a large page: those are rendered again, enlarged.
Image rasterise(const std::string& file, const OpenClipartOptions& options) {
  constexpr int64_t max_zoom = 16;
  const int64_t side = options.size;
  Image drawing = trim(render(file, side, options), file);
  const int64_t longest = std::max(drawing.width, drawing.height);
  if (longest * 4 < side * 3) {
    Image enlarged = trim(render(file, std::min(side * (side - 2) / longest, side * max_zoom), options), file);
    if (std::max(enlarged.width, enlarged.height) <= side) drawing = std::move(enlarged);
  }
  if (std::max(drawing.width, drawing.height) > side) throw FileError(file + ": is larger than asked for");
  Image square = make_image({side, side});
  paste(drawing, square, {(side - drawing.width) / 2, (side - drawing.height) / 2});
  return square;
}

std::string id_of(const std::string& path) {
  std::string id = path.substr(0, path.size() - 4);
  for (char& c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) c = '_';
  return id;
}

// Rendered by several rsvg-convert at a time; a drawing that fails has no pixels.
std::vector<Image> rasterise_all(const std::vector<Drawing>& drawings, const OpenClipartOptions& options,
                                 const BuildProgress& progress) {
  std::vector<Image> images(drawings.size());
  std::mutex mutex;
  int64_t done = 0;
  parallel_for(int64_t(drawings.size()), [&](int64_t i) {
    try {
      images[size_t(i)] = rasterise(options.collection + "/" + drawings[size_t(i)].path, options);
    } catch (const FileError&) {
      images[size_t(i)] = {};
    }
    const std::scoped_lock lock(mutex);
    if (progress) progress(++done, int64_t(drawings.size()));
  });
  return images;
}

}  // namespace

BuildReport build_openclipart(const OpenClipartOptions& options, const BuildProgress& progress) {
  FolderReport skipped;
  run_tool({.command = {"rsvg-convert", "--version"}, .package = "librsvg2-bin"});
  const auto drawings = captioned(options, skipped);
  FolderWriter writer(options.out);
  const auto images = rasterise_all(drawings, options, progress);
  for (size_t i = 0; i < drawings.size(); ++i) {
    if (images[i].rgb.empty()) {
      skipped.skips.push_back({drawings[i].path, "a drawing that rsvg-convert cannot render, or a blank one"});
    } else {
      writer.add(
          images[i],
          {.file = "", .caption = drawings[i].caption, .group = drawings[i].caption, .id = id_of(drawings[i].path)});
    }
  }
  BuildReport report = writer.finish();
  report.skipped = std::move(skipped);
  return report;
}

}  // namespace mds
