#include "data/image_folder.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "data/picture_files.h"
#include "data/utf8.h"
#include "spec/describe.h"
#include "spec/layout.h"
#include "spec/text_lines.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_metadata_bytes = size_t(4) << 30;

struct MetadataLine {
  std::string file_name, text, split = "train", group, id, license;
  std::vector<PlacedPhrase> layout;
  static void describe(auto& self, auto&& field) {
    field("file_name", self.file_name, "picture, relative to the folder");
    field("text", self.text, "its caption");
    field("split", self.split, "train or held_out");
    field("group", self.group, "variants of one thing share it");
    field("id", self.id, "unique in the data set");
    field("license", self.license, "of picture and caption");
    field("layout", self.layout, "phrases and boxes of objects in the picture");
  }
};

// Unknown keys are ignored, because other tools store more in the same lines ("width", "url").
MetadataLine parse_line(const std::string& line, const Place& place) {
  const Json json = parse_json(line, place.source, most_json_line_bytes);
  check_type(place, json, json.is_object(), "an object");
  MetadataLine result;
  MetadataLine::describe(result, [&](std::string_view name, auto& value, std::string_view) {
    if (const auto it = json.find(std::string(name)); it != json.end()) read_json(*it, value, place.child(name));
  });
  for (size_t i = 0; i < result.layout.size(); ++i) check(result.layout[i], place.child("layout").child(i));
  if (result.file_name.empty()) place.child("file_name").fail("is missing or empty; expected a picture's name");
  if (result.split != "train" && result.split != "held_out")
    place.child("split").fail("is \"" + result.split + "\"; valid: train, held_out");
  if (std::any_of(result.file_name.begin(), result.file_name.end(), [](unsigned char c) { return std::iscntrl(c); }))
    place.child("file_name").fail("is " + shown(result.file_name) + "; allowed: no control characters");
  const fs::path path = fs::path(result.file_name).lexically_normal();
  if (path.is_absolute() || *path.begin() == "..")
    place.child("file_name").fail("is \"" + result.file_name + "\"; allowed: paths inside the folder");
  return result;
}

// If variants of one thing were on both sides of the split, a model would be tested on what it was trained on.
void check_group(std::map<std::string, std::string>& splits, const Pair& pair, const Place& place) {
  const auto& split = splits.emplace(pair.group, pair.split).first->second;
  if (split != pair.split)
    place.child("split").fail("is " + pair.split + "; the group \"" + pair.group + "\" is in " + split + " above");
}

fs::path metadata_of(const fs::path& folder) { return folder / "metadata.jsonl"; }

std::vector<Pair> list_metadata(const fs::path& folder) {
  TextLines lines(metadata_of(folder).string(), {most_json_line_bytes, most_metadata_bytes});
  std::vector<Pair> pairs;
  std::map<std::string, std::string> splits;
  std::string line;
  while (lines.next(line)) {
    if (trimmed(line).empty()) continue;
    const Place place{lines.place(), ""};
    const auto entry = parse_line(line, place);
    const std::string id = entry.id.empty() ? entry.file_name : entry.id;
    pairs.push_back({.file = (folder / entry.file_name).string(),
                     .caption = trimmed(entry.text),
                     .split = entry.split,
                     .group = entry.group.empty() ? id : entry.group,
                     .id = id,
                     .license = entry.license,
                     .layout = entry.layout});
    check_group(splits, pairs.back(), place);
  }
  return pairs;
}

bool is_caption_ending(const std::string& name_ending) {
  const std::string ending = lower_case(name_ending);
  return ending == ".txt" || ending == ".caption";
}

struct DrawnBy {
  std::string prompt;
  PictureLayout layout;
};

// What is stored in a drawn picture; nothing for pictures of other origin, broken ones and grids.
DrawnBy drawn_by(const std::string& file) {
  std::map<std::string, std::string> said;
  try {
    for (const auto& [key, value] : picture_text(file)) said[key] = value;
  } catch (const FileError&) {
    return {};
  }
  if (said.contains("grid") || !said.contains("model")) return {};
  const Place place{file, "layout"};
  return {said["prompt"],
          said.contains("layout") ? layout_from(parse_json(said["layout"], file), place) : PictureLayout{}};
}

constexpr const char* second_caption = "another caption of the same picture";

std::vector<Pair> list_captions(const fs::path& folder, FolderReport& report) {
  std::map<std::string, fs::path> captions;  // by name without extension
  std::set<std::string> captioned;
  std::vector<std::string> pictures;
  std::set<fs::path> files;  // sorted, as each file system lists them in another order
  for (const auto& entry : fs::directory_iterator(folder))
    if (!is_hidden(entry.path().filename().string())) files.insert(entry.path());
  for (const auto& path : files) {
    const std::string ending = path.extension().string();
    if (is_caption_ending(ending) && !captions.emplace(path.stem().string(), path).second)
      report.skips.push_back({path.string(), second_caption});
    if (is_picture_ending(ending)) pictures.push_back(path.string());
  }
  const std::vector<std::string> ids = picture_names(folder.string(), pictures);
  std::vector<Pair> pairs;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::string name = fs::path(pictures[i]).stem().string();
    const auto caption = captions.find(name);
    const bool has_file = caption != captions.end();
    if (has_file) captioned.insert(name);
    const DrawnBy drawn = has_file ? DrawnBy{} : drawn_by(pictures[i]);
    const std::string text = has_file ? load_bytes(caption->second.string(), most_caption_bytes + 1) : drawn.prompt;
    pairs.push_back(
        {.file = pictures[i], .caption = trimmed(text), .group = name, .id = ids[i], .layout = drawn.layout});
  }
  for (const auto& [name, path] : captions)
    if (!captioned.contains(name)) report.skips.push_back({path.string(), "a caption without a picture"});
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.group < b.group; });
  return pairs;
}

// The text files beside pictures that metadata.jsonl has captions of.
void skip_text_files(const std::vector<Pair>& pairs, FolderReport& report) {
  std::set<fs::path> folders, captioned;
  for (const auto& pair : pairs) {
    folders.insert(fs::path(pair.file).parent_path());
    captioned.insert(fs::path(pair.file).replace_extension());
  }
  std::set<fs::path> others;
  std::error_code missing;
  for (const auto& folder : folders)
    for (const auto& entry : fs::directory_iterator(folder, missing))
      if (is_caption_ending(entry.path().extension().string()) &&
          captioned.contains(fs::path(entry.path()).replace_extension()))
        others.insert(entry.path());
  for (const auto& path : others) report.skips.push_back({path.string(), second_caption});
}

// The reason why a pair cannot be used; empty if it can.
std::string reason_to_skip(const Pair& pair, const FolderOptions& options) {
  if (pair.caption.empty()) return "a picture without a caption";
  if (pair.caption.size() > most_caption_bytes) return too_long_caption();
  if (!is_utf8(pair.caption)) return "a caption that is not UTF-8";
  if (!is_utf8(pair.id)) return "a name that is not UTF-8";
  std::error_code name_too_long;
  if (!fs::exists(pair.file, name_too_long)) return "a caption without a picture";
  try {
    const auto size = load_image_size(pair.file);
    if (std::min(size.width, size.height) < options.min_size)
      return "smaller than " + std::to_string(options.min_size) + " pixels";
  } catch (const FileError& error) {
    return std::string(error.what()).substr(pair.file.size() + 2);
  }
  return "";
}

}  // namespace

std::string summary(const FolderReport& report, size_t shown) {
  std::map<std::string, size_t> counts;
  for (const auto& skip : report.skips) ++counts[skip.reason];
  std::string text = std::to_string(report.skips.size()) + " skipped";
  for (const auto& [reason, count] : counts) text += "\n  " + std::to_string(count) + ": " + reason;
  for (size_t i = 0; i < std::min(shown, report.skips.size()); ++i)
    text += "\n  " + report.skips[i].file + ": " + report.skips[i].reason;
  if (report.skips.size() > shown) text += "\n  and " + std::to_string(report.skips.size() - shown) + " more";
  return text;
}

bool is_data_set(const std::string& folder) { return fs::exists(metadata_of(folder)); }

std::vector<Pair> list_pairs(const std::string& folder, const FolderOptions& options, FolderReport* report) {
  if (!fs::is_directory(folder)) throw FileError(folder + ": is not a folder");
  FolderReport local;
  const bool has_metadata = is_data_set(folder);
  const auto found = has_metadata ? list_metadata(folder) : list_captions(folder, local);
  if (has_metadata) skip_text_files(found, local);
  std::vector<Pair> pairs;
  std::set<std::string> ids;
  for (const auto& pair : found) {
    if (!ids.insert(pair.id).second)
      throw FileError(metadata_of(folder).string() + ": the id \"" + pair.id + "\" is used twice");
    const std::string reason = reason_to_skip(pair, options);
    reason.empty() ? pairs.push_back(pair) : local.skips.push_back({pair.file, reason});
  }
  if (pairs.empty())
    throw FileError(
        folder +
        ": has no usable pictures with captions; needed: metadata.jsonl, or x.png beside x.txt or x.caption, or "
        "pictures that mdsearch drew. " +
        summary(local));
  if (report) *report = std::move(local);
  return pairs;
}

void hold_out(std::vector<Pair>& pairs, double held_out) {
  if (std::any_of(pairs.begin(), pairs.end(), [](const Pair& pair) { return pair.split == "held_out"; })) return;
  std::map<std::string, std::vector<Pair*>> groups;
  for (auto& pair : pairs) groups[pair.group].push_back(&pair);
  std::map<std::string, std::vector<Pair*>> by_caption;  // by hash; equal captions share a split
  for (const auto& [name, group] : groups) {
    auto& members = by_caption[sha256(group.front()->caption)];
    members.insert(members.end(), group.begin(), group.end());
  }
  int64_t left = std::llround(held_out * double(pairs.size()));
  for (const auto& [hash, members] : by_caption) {
    if (left <= 0) return;
    for (Pair* pair : members) pair->split = "held_out";
    left -= int64_t(members.size());
  }
}

std::vector<Pair> pairs_of_split(const std::vector<Pair>& pairs, const std::string& split) {
  std::vector<Pair> result;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(result),
               [&](const Pair& pair) { return pair.split == split; });
  return result;
}

std::string dataset_hash(const std::vector<Pair>& pairs) {
  Json list = Json::array();
  for (const auto& pair : pairs) {
    list.push_back({pair.id, pair.caption, pair.split, pair.group, sha256(load_picture_bytes(pair.file))});
    if (!pair.layout.empty()) list.back().push_back(to_json(pair.layout));
  }
  return sha256(list.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
}

}  // namespace mds
