#include "data/pysiogame.h"

#include "data/caption.h"
#include "data/cutout.h"

namespace mds {

Collection collect_pysiogame(const std::string& folder) {
  require({{folder, "pysiogame"}});
  Collection collection;
  for (const auto& path : files_below(folder, {".jpg", ".png"})) {
    const std::string file = folder + "/" + path, caption = caption_of_file(path);
    collection.candidates.push_back({{.file = file, .caption = caption, .group = caption, .id = id_of(path)},
                                     [file] { return on_white_square(load_image(file)); }});
  }
  return collection;
}

}  // namespace mds
