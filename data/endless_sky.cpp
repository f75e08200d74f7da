#include "data/endless_sky.h"

#include <algorithm>
#include <array>

#include "data/caption.h"

namespace mds {

std::string landscape_caption(const std::string& path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kinds = {
      {{"badlands", "badlands"},
       {"beach", "a beach"},
       {"canyon", "a canyon"},
       {"city", "a city skyline"},
       {"desert", "a desert"},
       {"dune", "sand dunes"},
       {"earthrise", "the earth rising over the moon"},
       {"fields", "fields"},
       {"fog", "a landscape in fog"},
       {"forest", "a forest in the mountains"},
       {"hills", "hills"},
       {"industrial", "an industrial plant at night"},
       {"lava", "a volcanic landscape"},
       {"mountain", "mountains"},
       {"nasa", "a rocket launch site"},
       {"sea", "the sea"},
       {"sky", "clouds in the sky"},
       {"snow", "a snowy landscape"},
       {"space", "inside a spacecraft"},
       {"station", "inside a space station"},
       {"valley", "a valley"},
       {"water", "a lake"}}};
  const auto name = path.substr(0, path.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == name; });
  return kind == kinds.end() ? "" : std::string(kind->second);
}

Collection collect_endless_sky(const std::string& folder) {
  require({{folder, "endless-sky-data"}});
  Collection collection;
  for (const auto& path : files_below(folder, {".jpg"})) {
    const std::string file = folder + "/" + path, caption = landscape_caption(path);
    if (caption.empty()) {
      collection.skipped.skips.push_back({path, "a name that is no kind of landscape"});
    } else {
      collection.candidates.push_back({{.file = file, .caption = caption, .group = caption, .id = id_of(path)},
                                       [file] { return load_image(file); }});
    }
  }
  return collection;
}

}  // namespace mds
