// fuzz MUTATIONS [--seed N] [--keep FOLDER] [TARGET...]: runs mutations of all targets, or of those that are named, and
// keeps minimised inputs that fail. Exits 1 if one did.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/fuzz.h"

namespace {

using namespace mds::fuzz;

struct Options {
  int64_t mutations = 10'000;
  uint64_t seed = 1;
  std::string keep = "out/fuzz";
  std::vector<std::string> names{};
};

Options options_of(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i)
    if (words[i] == "--seed" && i + 1 < words.size())
      options.seed = std::stoull(words[++i]);
    else if (words[i] == "--keep" && i + 1 < words.size())
      options.keep = words[++i];
    else if (i == 0)
      options.mutations = std::stoll(words[i]);
    else
      options.names.push_back(words[i]);
  return options;
}

void keep(const Target& target, const Failure& failure, size_t number, const std::string& folder) {
  const std::string file = folder + "/" + target.name + "-" + std::to_string(number);
  const std::string input = minimised(target, failure.input);
  std::ofstream(file, std::ios::binary) << input;
  std::cout << target.name << ": " << failure.what << "\n  " << file << ", " << input.size() << " bytes\n";
}

int64_t run_all(const Options& options) {
  std::vector<Target> chosen = targets();
  std::erase_if(chosen, [&](const Target& target) {
    return !options.names.empty() && !std::ranges::count(options.names, target.name);
  });
  int64_t shares = 0, done = 0, failed = 0;
  for (const auto& target : chosen) shares += target.share;
  for (const auto& target : chosen) {
    const Outcome outcome = run(target, options.seed, (options.mutations * target.share + shares - 1) / shares);
    for (const auto& failure : outcome.failures) keep(target, failure, size_t(++failed), options.keep);
    const int64_t count = outcome.read + outcome.refused + int64_t(outcome.failures.size());
    done += count;
    std::cout << target.name << ": " << count << " mutations, " << outcome.read << " read, " << outcome.refused
              << " refused, " << outcome.failures.size() << " failed" << std::endl;
  }
  std::cout << done << " mutations, " << failed << " failed" << std::endl;
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of({argv + 1, argv + argc});
  std::filesystem::create_directories(options.keep);
  return run_all(options) > 0 ? 1 : 0;
}
