// Runs the built program as a shell user does, and returns exit code, stdout and stderr separately.
#pragma once

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "spec/describe.h"
#include "tests/scratch_folder.h"

namespace mds {

struct Outcome {
  int code = -1;
  std::string out, err;
  Json json() const { return Json::parse(out); }
};

inline std::string text_of_file(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Runs a shell line; its output is kept in files of `folder`.
inline Outcome run_shell(const std::string& line, const std::string& folder) {
  const std::string out = folder + "/stdout", err = folder + "/stderr";
  const int status = std::system((line + " >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of_file(out), text_of_file(err)};
}

inline Outcome mdsearch(const std::string& arguments) {
  const ScratchFolder folder;
  return run_shell(MDSEARCH_PROGRAM " " + arguments, folder.path);
}

// The shell line that runs the program in a folder. `before` is shell text in front of it, such as a limit.
inline std::string mdsearch_in(const std::string& folder, const std::string& arguments,
                               const std::string& before = "") {
  return "cd " + folder + " && " + before + " exec " MDSEARCH_PROGRAM " " + arguments;
}

// Starts a shell line that ends in exec of the program, and kills it once `reached` holds. Returns whether it was still
// running then.
inline bool killed_once(std::string line, const std::function<bool()>& reached) {
  line += " >/dev/null 2>&1";
  std::string shell = "sh", flag = "-c";
  char* argv[] = {shell.data(), flag.data(), line.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, "sh", nullptr, nullptr, argv, environ) != 0) throw FileError("sh: cannot be started");
  while (!reached()) {
    if (::waitpid(child, nullptr, WNOHANG) == child) return false;
    ::usleep(500);
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

inline const std::string tiny_unet = MDS_SOURCE_DIR "/tests/data/tiny-unet.json";

}  // namespace mds
