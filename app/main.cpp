// mdsearch: runs the commands that read no tensors itself. For all others it becomes mdsearch-torch, which lies beside
// it: starting LibTorch takes about half a second, for which `report` or `spec` need not wait.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "app/program.h"
#include "experiments/plain_failure_words.h"

namespace {

bool is_light(std::string_view name) {
  for (const auto& command : mds::light_commands())
    if (command.name == name) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && is_light(argv[1]))
    return mds::run_program({mds::light_commands(), nullptr, mds::plain_failure_in_words}, argc, argv);
  std::error_code none;
  const std::string full =
      (std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / "mdsearch-torch").string();
  ::execv(full.c_str(), argv);
  std::cerr << full << ": cannot be started: " << std::strerror(errno) << "; mdsearch needs it beside itself\n";
  return 1;
}
