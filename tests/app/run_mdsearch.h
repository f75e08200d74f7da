// Runs the built program as a shell user does: exit code, stdout and stderr apart.
#pragma once

#include "tests/scratch.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "spec/describe.h"

namespace mds {

struct Outcome {
  int code = -1;
  std::string out, err;
  Json json() const { return Json::parse(out); }
};

// A folder that lives as long as the object.
struct ScratchFolder {
  std::string path = (mds::scratch("mdsearch-test-XXXXXX")).string();
  ScratchFolder() {
    if (!mkdtemp(path.data())) throw FileError(path + ": cannot be made");
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
};

inline std::string text_of_file(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

inline Outcome mdsearch(const std::string& arguments) {
  const ScratchFolder folder;
  const std::string out = folder.path + "/out", err = folder.path + "/err";
  const int status = std::system((MDSEARCH_PROGRAM " " + arguments + " >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of_file(out), text_of_file(err)};
}

inline const std::string tiny_unet = MDS_SOURCE_DIR "/tests/data/tiny-unet.json";

}  // namespace mds
