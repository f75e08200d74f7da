#include "experiments/plain_failure_words.h"

#include <sys/resource.h>

#include <filesystem>
#include <new>
#include <stdexcept>

#include "spec/json_text.h"

namespace mds {
namespace {

std::string file_words(const std::filesystem::filesystem_error& error) {
  const std::string from = error.path1().string(), to = error.path2().string();
  return from + (to.empty() ? "" : " to " + to) + (from.empty() ? "" : ": ") + error.code().message();
}

}  // namespace

std::string out_of_memory(const std::string& place, const std::string& needed) {
  std::string words = "out of memory while `" + place + "` ran";
  if (!needed.empty()) words += ": " + needed + " more were needed at once";
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    words += "; the process may use " + std::to_string(limit.rlim_cur) + " bytes (ulimit -v)";
  return words + "; a smaller `batch`, `size` or `workers` needs less, where the command has it";
}

std::string plain_failure_in_words(const std::exception& error, const std::string& place) {
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) return file_words(*file);
  if (dynamic_cast<const std::bad_alloc*>(&error)) return out_of_memory(place, "");
  if (dynamic_cast<const std::length_error*>(&error)) return out_of_memory(place, "more bytes than any memory has");
  // Texts such as "map::at": an input led where the program's author did not expect it.
  if (dynamic_cast<const std::out_of_range*>(&error) || dynamic_cast<const std::invalid_argument*>(&error))
    return std::string("an input led to an error in the program itself (") + error.what() + "); please report it";
  return json_words(error);
}

}  // namespace mds
