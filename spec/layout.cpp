#include "spec/layout.h"

#include "spec/number.h"
#include "spec/text_lines.h"

namespace mds {
namespace {

constexpr TextBounds bounds{.line_bytes = most_json_line_bytes, .file_bytes = size_t(256) << 20};

}  // namespace

PictureLayout layout_from(const Json& json, const Place& place) {
  const bool under_name = json.is_object() && json.contains("layout");
  check_type(place, json, under_name || json.is_array(), "a list of phrases with boxes, or an object with \"layout\"");
  const Place list = under_name ? place.child("layout") : place;
  PictureLayout layout;
  read_json(under_name ? json["layout"] : json, layout, list);
  for (size_t i = 0; i < layout.size(); ++i) check(layout[i], list.child(i));
  return layout;
}

PlacedPhrase parse_box(const std::string& text) {
  const size_t equals = text.find('=');
  const auto fail = [&](const std::string& why) {
    throw RequestError("`box` is \"" + text + "\", " + why +
                       "; expected x0,y0,x1,y1=phrase with shares of the picture's width and height, such as "
                       "0,0.2,0.5,0.9=red heart");
  };
  if (equals == std::string::npos) fail("which lacks a box or its phrase");
  PlacedPhrase placed{.phrase = text.substr(equals + 1), .box = {}};
  for (size_t at = 0; at <= equals;) {
    const size_t end = std::min(text.find(',', at), equals);
    const auto number = parse_number(text.substr(at, end - at));
    if (!number) fail("in which \"" + text.substr(at, end - at) + "\" is no number");
    placed.box.push_back(*number);
    at = end + 1;
  }
  try {
    check(placed, {"`box` \"" + text + "\"", ""});
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
  return placed;
}

std::vector<PictureLayout> load_layouts(const std::string& file) {
  if (!file.ends_with(".jsonl")) return {layout_from(load_json(file), {file, ""})};
  TextLines lines(file, bounds);
  std::vector<PictureLayout> layouts;
  for (std::string line; lines.next(line);)
    if (line.find_first_not_of(" \t") != std::string::npos)
      layouts.push_back(layout_from(parse_json(line, lines.place()), {lines.place(), ""}));
  if (layouts.empty()) throw FileError(file + ": holds no layout; expected one a line");
  return layouts;
}

}  // namespace mds
