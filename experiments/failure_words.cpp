#include "experiments/failure_words.h"

#include <c10/util/Exception.h>
#include <sys/resource.h>

#include <filesystem>
#include <new>
#include <stdexcept>

#include "experiments/shortage.h"
#include "spec/json_text.h"

namespace mds {
namespace {

// `needed` is what an allocation asked for, if that is known.
std::string out_of_memory(const std::string& place, const std::string& needed) {
  std::string words = "out of memory while `" + place + "` ran";
  if (!needed.empty()) words += ": " + needed + " more were needed at once";
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    words += "; the process may use " + std::to_string(limit.rlim_cur) + " bytes (ulimit -v)";
  return words + "; a smaller `batch`, `size` or `workers` needs less, where the command has it";
}

std::string file_words(const std::filesystem::filesystem_error& error) {
  const std::string from = error.path1().string(), to = error.path2().string();
  return from + (to.empty() ? "" : " to " + to) + (from.empty() ? "" : ": ") + error.code().message();
}

// The text between `begin` and `end`; empty where it is not there.
std::string text_between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return "";
  const auto from = at + begin.size(), to = text.find(end, from);
  return to == std::string::npos ? "" : text.substr(from, to - from);
}

std::string tensor_words(const c10::Error& error, const std::string& place) {
  const std::string text = error.what_without_backtrace();
  if (!is_shortage(error)) return text;
  if (const std::string size = text_between(text, "Tried to allocate ", ". "); !size.empty())
    return out_of_memory(place, size + " on the GPU");
  const std::string bytes = text_between(text, "tried to allocate ", " bytes");
  return out_of_memory(place, bytes.empty() ? "" : bytes + " bytes");
}

}  // namespace

std::string failure_in_words(const std::exception& error, const std::string& place) {
  if (const auto* tensor = dynamic_cast<const c10::Error*>(&error)) return tensor_words(*tensor, place);
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) return file_words(*file);
  if (dynamic_cast<const std::bad_alloc*>(&error)) return out_of_memory(place, "");
  if (dynamic_cast<const std::length_error*>(&error)) return out_of_memory(place, "more bytes than any memory has");
  // Texts such as "map::at": an input led where the program's author did not expect it.
  if (dynamic_cast<const std::out_of_range*>(&error) || dynamic_cast<const std::invalid_argument*>(&error))
    return std::string("an input led to an error in the program itself (") + error.what() + "); please report it";
  return json_words(error);
}

}  // namespace mds
