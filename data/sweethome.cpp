#include "data/sweethome.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

#include "data/archive.h"
#include "data/caption.h"
#include "data/cutout.h"

namespace mds {
namespace {

constexpr const char* catalogue_name = "PluginFurnitureCatalog.properties";

// Only for the Basic Multilingual Plane, which contains everything that Latin-1 and \uXXXX can express.
void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += char(code);
  } else if (code < 0x800) {
    text += {char(0xC0 | code >> 6), char(0x80 | (code & 0x3F))};
  } else {
    text += {char(0xE0 | code >> 12), char(0x80 | (code >> 6 & 0x3F)), char(0x80 | (code & 0x3F))};
  }
}

std::string unescaped(std::string_view value) {
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    uint32_t code = static_cast<unsigned char>(value[i]);
    if (value[i] == '\\' && i + 1 < value.size()) {
      code = static_cast<unsigned char>(value[++i]);
      const char* digits = value.data() + i + 1;
      if (code == 'u' && i + 4 < value.size() && std::from_chars(digits, digits + 4, code, 16).ptr == digits + 4)
        i += 4;
    }
    append_utf8(text, code);
  }
  return text;
}

std::string_view stripped(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\f"), last = text.find_last_not_of(" \t\r\f");
  return first == std::string_view::npos ? "" : text.substr(first, last - first + 1);
}

// "name#12" -> 12, to sort pieces in the catalogue's order.
int64_t number_of(const std::string& key) {
  int64_t number = 0;
  std::from_chars(key.data() + key.find('#') + 1, key.data() + key.size(), number);
  return number;
}

std::string value_of(const std::map<std::string, std::string>& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? "" : found->second;
}

void add_catalogue(const std::string& folder, const std::string& path, Collection& collection) {
  const std::string file = folder + "/" + path;
  const auto wanted = [](const std::string& name) { return name == catalogue_name || name.ends_with(".png"); };
  auto members = std::make_shared<std::map<std::string, std::string>>(read_zip(file, wanted));
  const auto properties = parse_properties((*members)[catalogue_name]);
  std::map<int64_t, std::string> names;
  for (const auto& [key, name] : properties)
    if (key.starts_with("name#")) names[number_of(key)] = name;
  if (names.empty()) throw FileError(file + ": has no furniture in " + catalogue_name);
  for (const auto& [number, name] : names) {
    const std::string piece = std::to_string(number), caption = uncapitalised(name);
    std::string icon = value_of(properties, "icon#" + piece);
    icon.erase(0, icon.find_first_not_of('/'));
    const std::string reason = members->contains(icon) ? unusable_caption(caption) : "no icon";
    if (!reason.empty()) {
      collection.skipped.skips.push_back({path + "#" + piece, reason});
      continue;
    }
    const std::string source = file + "/" + icon;
    const auto draw = [members, icon, source] {
      return on_white_square(trimmed(decode_image(members->at(icon), source), source));
    };
    collection.candidates.push_back(
        {{.file = source, .caption = caption, .group = caption, .id = id_of(path) + "-" + piece}, draw});
  }
}

}  // namespace

std::map<std::string, std::string> parse_properties(std::string_view text) {
  std::map<std::string, std::string> properties;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = stripped(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    const auto equals = line.find('=');
    if (line.starts_with("#") || line.starts_with("!") || equals == std::string_view::npos) continue;
    properties[std::string(stripped(line.substr(0, equals)))] = unescaped(stripped(line.substr(equals + 1)));
  }
  return properties;
}

Collection collect_sweethome(const std::string& folder) {
  require({{folder, "sweethome3d-furniture"}});
  Collection collection;
  for (const auto& path : files_below(folder, {".sh3f"})) add_catalogue(folder, path, collection);
  return collection;
}

}  // namespace mds
