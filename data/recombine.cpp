#include "data/recombine.h"

#include <set>

#include "spec/bootstrap.h"

namespace mds {
namespace {

constexpr std::string_view joint = ": ";
constexpr int64_t draws_a_caption = 100;  // before the search for new ones ends

}  // namespace

std::vector<std::string> recombined(const std::vector<std::string>& captions, const Allowed& allowed, int64_t count,
                                    uint64_t seed) {
  std::vector<std::string> firsts, seconds;
  std::set<std::string> known;
  for (const auto& caption : captions) {
    known.insert(caption);
    const size_t at = caption.find(joint);
    firsts.push_back(caption.substr(0, at));
    if (at != std::string::npos) seconds.push_back(caption.substr(at));
  }
  std::vector<std::string> found;
  if (seconds.empty()) return found;
  Random random(seed);
  for (int64_t i = 0; i < count * draws_a_caption && int64_t(found.size()) < count; ++i) {
    const auto& first = firsts[size_t(random.below(int64_t(firsts.size())))];
    const auto& second = seconds[size_t(random.below(int64_t(seconds.size())))];
    if (known.insert(first + second).second && allowed(first + second)) found.push_back(first + second);
  }
  return found;
}

}  // namespace mds
