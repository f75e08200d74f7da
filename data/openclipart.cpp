#include "data/openclipart.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

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
    const std::string path = fs::relative(entry.path(), options.collection).string();
    const std::string reason = entry.is_symlink() ? "a symbolic link" : unusable_folder(path);
    reason.empty() ? paths.push_back(path) : skipped.skips.push_back({path, reason});
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string reason_to_skip(const std::string& caption) {
  if (std::count_if(caption.begin(), caption.end(), [](char c) { return c >= 'a' && c <= 'z'; }) < 3) return "no caption";
  if (std::count(caption.begin(), caption.end(), ' ') >= 12) return "a caption of more than 12 words";
  if (std::any_of(caption.begin(), caption.end(), [](char c) { return c & 0x80; })) return "a caption that is not plain English letters";
  return "";
}

std::vector<Drawing> captioned(const OpenClipartOptions& options, FolderReport& skipped) {
  std::vector<ClipartText> texts;
  std::map<std::string, int64_t> titles;
  for (const auto& path : drawing_paths(options, skipped)) {
    texts.push_back(parse_clipart(load_bytes(options.collection + "/" + path), path));
    ++titles[texts.back().title];
  }
  std::vector<Drawing> drawings;
  for (const auto& text : texts) {
    const std::string caption = clipart_caption(text, titles), reason = reason_to_skip(caption);
    reason.empty() ? drawings.push_back({text.path, caption}) : skipped.skips.push_back({text.path, reason});
  }
  return drawings;
}

// Centred on a white square. Empty and one-coloured pictures are a FileError.
Image rasterise(const std::string& file, const OpenClipartOptions& options) {
  const std::string side = std::to_string(options.size);
  const std::string png = run_tool({.command = {"rsvg-convert", "--width", side, "--height", side, "--keep-aspect-ratio", file},
                                    .package = "librsvg2-bin",
                                    .limit = std::chrono::seconds(options.seconds_per_file)});
  const Image drawing = decode_image(png, file);
  if (drawing.width > options.size || drawing.height > options.size) throw FileError(file + ": is larger than asked for");
  Image square = make_image({options.size, options.size});
  paste(drawing, square, {(options.size - drawing.width) / 2, (options.size - drawing.height) / 2});
  if (std::all_of(square.rgb.begin(), square.rgb.end(), [](uint8_t value) { return value == 255; })) throw FileError(file + ": is blank");
  return square;
}

std::string id_of(const std::string& path) {
  std::string id = path.substr(0, path.size() - 4);
  for (char& c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) c = '_';
  return id;
}

}  // namespace

BuildReport build_openclipart(const OpenClipartOptions& options, const BuildProgress& progress) {
  BuildReport report;
  run_tool({.command = {"rsvg-convert", "--version"}, .package = "librsvg2-bin"});
  const auto drawings = captioned(options, report.skipped);
  FolderWriter writer(options.out);
  std::vector<std::string> failures(drawings.size());
  std::vector<Image> images(drawings.size());
  std::mutex mutex;
  int64_t done = 0;
  parallel_for(int64_t(drawings.size()), [&](int64_t i) {
    try {
      images[size_t(i)] = rasterise(options.collection + "/" + drawings[size_t(i)].path, options);
    } catch (const FileError&) {
      failures[size_t(i)] = "a drawing that rsvg-convert cannot render, or a blank one";
    }
    const std::scoped_lock lock(mutex);
    if (progress) progress(++done, int64_t(drawings.size()));
  });
  std::set<std::string> captions;
  for (size_t i = 0; i < drawings.size(); ++i) {
    if (!failures[i].empty()) {
      report.skipped.skips.push_back({drawings[i].path, failures[i]});
      continue;
    }
    writer.add(images[i], {.file = "", .caption = drawings[i].caption, .group = drawings[i].caption, .id = id_of(drawings[i].path)});
    captions.insert(drawings[i].caption);
    ++report.pictures;
  }
  if (report.pictures == 0) throw FileError(options.collection + ": has no usable drawing. " + summary(report.skipped));
  report.groups = int64_t(captions.size());
  writer.finish();
  return report;
}

}  // namespace mds
