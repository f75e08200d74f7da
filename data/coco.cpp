#include "data/coco.h"

#include <filesystem>
#include <map>

#include "data/utf8.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_bytes = size_t(4) << 30;  // parsing needs about ten times as much memory

struct CocoImage {
  std::string file, license;
  std::map<int64_t, std::string> captions;  // by annotation id
};

template <class T>
T required(const Json& object, const char* key, const Place& place) {
  check_type(place, object, object.is_object(), "an object");
  const auto found = object.find(key);
  if (found == object.end()) place.child(key).fail("is missing");
  T value{};
  read_json(*found, value, place.child(key));
  return value;
}

const Json& required_list(const Json& root, const char* key, const Place& place) {
  check_type(place, root, root.is_object(), "an object");
  const auto found = root.find(key);
  if (found == root.end()) place.child(key).fail("is missing; COCO's captions_*.json has images and annotations");
  check_type(place.child(key), *found, found->is_array(), "a list");
  return *found;
}

using Licenses = std::map<int64_t, std::string>;  // names by id

// COCO's `licenses`, which other files in its format may lack.
Licenses read_licenses(const Json& root, const Place& place) {
  Licenses licenses;
  const auto list = root.find("licenses");
  if (list == root.end() || !list->is_array()) return licenses;
  for (size_t i = 0; i < list->size(); ++i) {
    const Place here = place.child(i);
    licenses[required<int64_t>((*list)[i], "id", here)] = required<std::string>((*list)[i], "name", here);
  }
  return licenses;
}

std::string license_of(const Json& image, const Licenses& licenses, const Place& place) {
  if (!image.contains("license")) return "";
  const auto found = licenses.find(required<int64_t>(image, "license", place));
  return found == licenses.end() ? "" : found->second;
}

struct ImageContext {
  const fs::path& folder;
  const Licenses& licenses;
};

std::map<int64_t, CocoImage> read_images(const Json& list, const Place& place, const ImageContext& context) {
  std::map<int64_t, CocoImage> images;
  for (size_t i = 0; i < list.size(); ++i) {
    const Place here = place.child(i);
    const auto name = required<std::string>(list[i], "file_name", here);
    const fs::path path = fs::path(name).lexically_normal();
    if (name.empty() || path.is_absolute() || *path.begin() == ".." || name.find('\0') != std::string::npos)
      here.child("file_name").fail("is " + shown(name) + "; allowed: paths inside the folder");
    if (!images
             .emplace(required<int64_t>(list[i], "id", here),
                      CocoImage{(context.folder / path).string(), license_of(list[i], context.licenses, here), {}})
             .second)
      here.child("id").fail("is " + shown(list[i]["id"]) + ", which an image above has");
  }
  return images;
}

void read_captions(const Json& list, const Place& place, std::map<int64_t, CocoImage>& images, FolderReport& report) {
  for (size_t i = 0; i < list.size(); ++i) {
    const Place here = place.child(i);
    const auto id = required<int64_t>(list[i], "id", here), image = required<int64_t>(list[i], "image_id", here);
    const std::string caption = trimmed(required<std::string>(list[i], "caption", here));
    const std::string name = "annotation " + std::to_string(id);
    const auto found = images.find(image);
    if (found == images.end()) {
      report.skips.push_back({name, "a caption without a picture"});
    } else if (caption.empty() || !is_utf8(caption)) {
      report.skips.push_back({name, caption.empty() ? "an empty caption" : "a caption that is not UTF-8"});
    } else if (!found->second.captions.emplace(id, caption).second) {
      here.child("id").fail("is " + std::to_string(id) + ", which an annotation above has");
    }
  }
}

std::string reason_to_skip(const CocoImage& image) {
  if (image.captions.empty()) return "a picture without a caption";
  std::error_code unreadable;
  return fs::is_regular_file(image.file, unreadable) ? "" : "a caption without a picture";
}

}  // namespace

std::vector<Pair> list_coco(const CocoConfig& config, FolderReport* report) {
  if (!fs::is_directory(config.folder)) throw FileError(config.folder + ": is not a folder");
  const Json root = load_json(config.annotations, most_bytes);
  const Place place{config.annotations, ""};
  FolderReport local;
  const Json& list = required_list(root, "images", place);
  const Licenses licenses = read_licenses(root, place.child("licenses"));
  const fs::path folder = config.folder;
  auto images = read_images(list, place.child("images"), {folder, licenses});
  read_captions(required_list(root, "annotations", place), place.child("annotations"), images, local);
  std::vector<Pair> pairs;
  for (const auto& [number, image] : images) {
    if (const std::string reason = reason_to_skip(image); !reason.empty()) {
      local.skips.push_back({image.file, reason});
      continue;
    }
    for (const auto& [annotation, caption] : image.captions) {
      const bool first = config.captions == CaptionChoice::first;
      const std::string group = std::to_string(number), id = first ? group : group + "-" + std::to_string(annotation);
      pairs.push_back({.file = image.file, .caption = caption, .group = group, .id = id, .license = image.license});
      if (first) break;
    }
  }
  if (pairs.empty())
    throw FileError(config.annotations + ": has no caption with a picture in " + config.folder + ". " + summary(local));
  if (report) *report = std::move(local);
  return pairs;
}

std::vector<std::string> coco_captions(const std::string& annotations) {
  const Json root = load_json(annotations, most_bytes);
  const Place place = Place{annotations, ""}.child("annotations");
  const Json& list = required_list(root, "annotations", {annotations, ""});
  std::map<int64_t, std::string> captions;
  for (size_t i = 0; i < list.size(); ++i) {
    const Place here = place.child(i);
    const auto id = required<int64_t>(list[i], "id", here);
    const std::string caption = trimmed(required<std::string>(list[i], "caption", here));
    if (caption.empty() || !is_utf8(caption)) here.child("caption").fail("is empty or not UTF-8");
    if (!captions.emplace(id, caption).second)
      here.child("id").fail("is " + std::to_string(id) + ", which an annotation above has");
  }
  if (captions.empty()) place.fail("is empty");
  std::vector<std::string> texts;
  for (auto& [id, caption] : captions) texts.push_back(std::move(caption));
  return texts;
}

}  // namespace mds
