// Which files below a folder are pictures, and what they are called.
#include "data/picture_files.h"

#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tests/scratch.h"

namespace fs = std::filesystem;
using Files = std::vector<std::string>;

namespace {

struct Tree {
  fs::path path;
  explicit Tree(const std::string& name = "picture_files_test") : path(mds::scratch(name)) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Tree() { fs::remove_all(path); }
  void add(const std::string& name) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << "x";
  }
  Files names() const { return mds::picture_names(path.string(), mds::picture_files_below(path.string())); }
};

}  // namespace

TEST_CASE("hidden files and folders hold no pictures", "[data]") {
  const Tree tree;
  for (const char* name : {"a.png", "b/c.JPG", ".thumbnails/a.png", "b/.git/x.png", "._a.png", "b/notes.txt"})
    tree.add(name);
  CHECK(tree.names() == Files{"a", "b/c"});
}

TEST_CASE("a link to a folder is followed once, and a circle of links ends", "[data]") {
  const Tree tree, elsewhere("picture_files_elsewhere");
  tree.add("deep/real/a.png");
  elsewhere.add("b.png");
  fs::create_directory_symlink(tree.path / "deep" / "real", tree.path / "again");
  fs::create_directory_symlink(tree.path, tree.path / "deep" / "up");
  fs::create_directory_symlink(elsewhere.path, tree.path / "linked");
  fs::create_symlink("nowhere", tree.path / "broken.png");
  CHECK(tree.names() == Files{"deep/real/a", "linked/b"});
}

TEST_CASE("pictures keep their extension where nothing else tells them apart", "[data]") {
  const Tree tree;
  for (const char* name : {"a.jpg", "a.png", "b.png", "c/a.png"}) tree.add(name);
  CHECK(tree.names() == Files{"a.jpg", "a.png", "b", "c/a"});
}
