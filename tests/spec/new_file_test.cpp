// Files and folders appear complete or not at all.
#include "spec/new_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
namespace fs = std::filesystem;

namespace {

struct Scratch {
  fs::path path = scratch("new_file");
  Scratch() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Scratch() { fs::remove_all(path); }
  size_t entries() const { return size_t(std::distance(fs::directory_iterator(path), fs::directory_iterator())); }
};

void write(const NewFolder& folder, const std::string& name) { save_text(folder.path() + "/" + name, name); }

}  // namespace

TEST_CASE("a folder is replaced as a whole, or stays as it was", "[spec]") {
  const Scratch scratch;
  const std::string folder = scratch.path / "model";
  {
    NewFolder first(folder, Before::replaced);
    write(first, "a");
    CHECK(!fs::exists(folder));
    first.put_in_place();
  }
  CHECK(fs::exists(folder + "/a"));
  {
    NewFolder given_up(folder, Before::replaced);
    write(given_up, "b");
  }
  CHECK(fs::exists(folder + "/a"));
  CHECK(!fs::exists(folder + "/b"));
  {
    NewFolder second(folder, Before::replaced);
    write(second, "b");
    second.put_in_place();
  }
  CHECK(!fs::exists(folder + "/a"));
  CHECK(fs::exists(folder + "/b"));
  CHECK(scratch.entries() == 1);
  CHECK_THROWS_WITH(NewFolder(folder), Catch::Contains("exists already"));
  save_text(scratch.path / "file", "x");
  CHECK_THROWS_WITH(NewFolder(scratch.path / "file", Before::replaced), Catch::Contains("exists already"));
}

TEST_CASE("a process that ended and was not waited for is gone", "[spec]") {
  const Scratch scratch;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, id_t(child), &ended, WEXITED | WNOWAIT) == 0);
  save_text(scratch.path / ("x.tmp" + std::to_string(child)), "half");
  remove_unfinished(scratch.path);
  CHECK(scratch.entries() == 0);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("what killed processes left of a folder goes when it is written again", "[spec]") {
  const Scratch scratch;
  fs::create_directories(scratch.path / "model.tmp99999912");
  fs::create_directories(scratch.path / "models.tmp99999912");
  {
    const NewFolder model(scratch.path / "model");
  }
  CHECK(!fs::exists(scratch.path / "model.tmp99999912"));
  CHECK(fs::exists(scratch.path / "models.tmp99999912"));
}

TEST_CASE("the temporary files of killed processes are removed, and nothing else", "[spec]") {
  const Scratch scratch;
  fs::create_directories(scratch.path / "model.tmp99999912");
  fs::create_directories(scratch.path / "samples");
  for (const char* left :
       {"model.tmp99999912/unet", "c.safetensors.tmp99999999999999999999", "samples/1.png.tmp99999345"})
    save_text(scratch.path / left, "half");
  const std::string own = "own.tmp" + std::to_string(::getpid()), lives = "lives.tmp" + std::to_string(::getppid());
  save_text(scratch.path / own, "of a process that had the same id");
  save_text(scratch.path / lives, "being written");
  for (const char* kept : {"c.safetensors", "samples/1.png", "notes.tmp", "x.tmp5b"})
    save_text(scratch.path / kept, "whole");
  remove_unfinished(scratch.path);
  CHECK(!fs::exists(scratch.path / "model.tmp99999912"));
  CHECK(!fs::exists(scratch.path / "c.safetensors.tmp99999999999999999999"));
  CHECK(!fs::exists(scratch.path / "samples/1.png.tmp99999345"));
  CHECK(!fs::exists(scratch.path / own));
  CHECK(fs::exists(scratch.path / lives));
  for (const char* kept : {"c.safetensors", "samples/1.png", "notes.tmp", "x.tmp5b"})
    CHECK(fs::exists(scratch.path / kept));
}

TEST_CASE("a link under the temporary name of a file is not written through", "[spec]") {
  const Scratch scratch;
  const std::string file = scratch.path / "a.txt", other = scratch.path / "other.txt";
  save_text(other, "untouched");
  fs::create_symlink(other, file + ".tmp" + std::to_string(::getpid()) + "@" + host_name());
  CHECK_THROWS_WITH(save_text(file, "new"), Catch::Contains("a.txt: cannot be created"));
  std::string text;
  std::getline(std::ifstream(other), text);
  CHECK(text == "untouched");
}
