#include "data/openclipart.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "data/caption.h"
#include "data/cutout.h"
#include "data/openclipart_caption.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

struct Drawing {
  std::string path, caption;  // path relative to the collection
};

std::vector<std::string> drawing_paths(const OpenClipartOptions& options, FolderReport& skipped) {
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

// A caption that more drawings than this share describes a batch ("blueman", "people"), not a thing.
constexpr int64_t max_sharing = 20;

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
        captions[caption] > max_sharing ? "a caption shared by more than 20 drawings" : unusable_caption(caption);
    reason.empty() ? drawings.push_back({text.path, caption}) : skipped.skips.push_back({text.path, reason});
  }
  return drawings;
}

}  // namespace

Collection collect_openclipart(const OpenClipartOptions& options) {
  require({{"rsvg-convert", "librsvg2-bin"}, {options.collection, "openclipart-svg"}});
  Collection collection;
  for (auto& [path, caption] : captioned(options, collection.skipped)) {
    const std::string file = options.collection + "/" + path;
    const auto draw = [file, options] {
      try {
        return draw_svg(file, options.size, options.seconds_per_file);
      } catch (const FileError&) {
        throw FileError(file + ": a drawing that rsvg-convert cannot render, or a blank one");
      }
    };
    collection.candidates.push_back({{.file = file, .caption = caption, .group = caption, .id = id_of(path)}, draw});
  }
  return collection;
}

}  // namespace mds
