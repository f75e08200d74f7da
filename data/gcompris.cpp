#include "data/gcompris.h"

#include <array>
#include <filesystem>
#include <memory>

#include "data/caption.h"
#include "data/qt_resources.h"

namespace mds {
namespace {

struct Activity {
  std::string_view name, folder;  // folder below the activity's `resource`
};

// The activities whose pictures are whole photographs of the thing that the file's name says.
constexpr std::array<Activity, 9> activities = {{
    {"categorization", "images/tools/"},
    {"categorization", "images/renewable/"},
    {"categorization", "images/monuments/"},
    {"categorization", "images/fishes/"},
    {"categorization", "images/others/"},
    {"erase", ""},
    {"explore_farm_animals", "animals/"},
    {"explore_monuments", ""},
    {"explore_world_animals", "animals/"},
}};

void add(const Activity& activity, const std::string& folder, Collection& collection) {
  const std::string file = folder + "/" + std::string(activity.name) + ".rcc";
  const auto bytes = std::make_shared<std::string>(load_bytes(file));
  const std::string root = "/gcompris/src/activities/" + std::string(activity.name) + "/resource/";
  for (const auto& [path, picture] : read_qt_resources(*bytes, file)) {
    if (!path.starts_with(root + std::string(activity.folder)) || !path.ends_with(".webp")) continue;
    const std::string caption = photo_caption(path), source = file + path;
    const std::string id = std::string(activity.name) + "_" + id_of(path.substr(root.size()));
    collection.candidates.push_back({{.file = source, .caption = caption, .group = caption, .id = id},
                                     [bytes, view = picture, source] { return decode_image(view, source); }});
  }
}

}  // namespace

std::string photo_caption(const std::string& path) {
  constexpr std::array<std::string_view, 5> glued = {"of", "des", "de", "du", "la"};
  std::string name = std::filesystem::path(path).stem().string();
  for (size_t i = 1; i < name.size(); ++i)
    for (const auto& word : glued) {
      const bool before_name = name[i] >= 'A' && name[i] <= 'Z' && i > word.size() + 2;
      if (!before_name || name.compare(i - word.size(), word.size(), word) != 0) continue;
      name.insert(i - word.size(), "_");
      ++i;
      break;
    }
  return caption_of_file(name);
}

Collection collect_gcompris(const std::string& folder) {
  require({{folder, "gcompris-qt-data"}});
  Collection collection;
  for (const auto& activity : activities) add(activity, folder, collection);
  return collection;
}

}  // namespace mds
