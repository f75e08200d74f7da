#include "experiments/failure_words.h"

#include <c10/util/Exception.h>

#include "experiments/plain_failure_words.h"
#include "experiments/shortage.h"

namespace mds {
namespace {

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
  const auto* tensor = dynamic_cast<const c10::Error*>(&error);
  return tensor ? tensor_words(*tensor, place) : plain_failure_in_words(error, place);
}

}  // namespace mds
