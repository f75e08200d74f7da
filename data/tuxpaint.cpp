#include "data/tuxpaint.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "data/caption.h"
#include "data/cutout.h"
#include "data/utf8.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

bool is_letter_or_digit(const std::string& path) {
  const bool sign = path.starts_with("symbols/alphabets/") && !path.starts_with("symbols/alphabets/asl/");
  return sign || fs::path(path).parent_path() == "symbols/math";
}

std::string description(const std::string& file) {
  const std::string text = load_bytes(file);
  return text.substr(0, text.find_first_of("\r\n"));
}

std::string reason_to_skip(const std::string& path, const std::string& folder) {
  if (is_letter_or_digit(path)) return "a letter or digit";
  const auto stem = fs::path(folder + "/" + path).replace_extension();
  if (!fs::exists(stem.string() + ".txt")) return "no description";
  return path.ends_with(".svg") && fs::exists(stem.string() + ".png") ? "a bitmap of it is there" : "";
}

Image draw_stamp(const std::string& file, int64_t svg_size) {
  return file.ends_with(".svg") ? draw_svg(file, svg_size) : on_white_square(trimmed(load_image(file), file));
}

}  // namespace

std::string stamp_caption(const std::string& line) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> plain = {
      {{"\u2019", "'"}, {"\u201c", "\""}, {"\u201d", "\""}, {"\u2014", ". "}}};
  std::string text = line;
  for (const auto& [from, to] : plain) replace_all(text, from, to);
  for (size_t end = 0; (end = text.find_first_of(".!?", end)) != std::string::npos; ++end)
    if (end + 1 == text.size() || text[end + 1] == ' ' || text[end + 1] == '"') text.resize(end);
  std::erase(text, '"');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  const bool begins = !text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z');
  return begins ? uncapitalised(text) : "";
}

Collection collect_tuxpaint(const TuxpaintOptions& options) {
  require({{"rsvg-convert", "librsvg2-bin"}, {options.stamps, "tuxpaint-stamps-default"}});
  Collection collection;
  for (const auto& path : files_below(options.stamps, {".png", ".svg"})) {
    const std::string file = options.stamps + "/" + path;
    std::string reason = reason_to_skip(path, options.stamps), caption;
    if (reason.empty()) {
      caption = stamp_caption(description(fs::path(file).replace_extension(".txt").string()));
      reason = unusable_caption(caption);
    }
    if (!reason.empty()) {
      collection.skipped.skips.push_back({path, reason});
      continue;
    }
    const auto draw = [file, size = options.svg_size] { return draw_stamp(file, size); };
    collection.candidates.push_back({{.file = file, .caption = caption, .group = caption, .id = id_of(path)}, draw});
  }
  return collection;
}

}  // namespace mds
