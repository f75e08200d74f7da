#include "metrics/caption_clusters.h"

#include <map>
#include <set>

namespace mds {
namespace {

using Numbers = std::map<std::string, int64_t>;

Numbers numbers_of(const std::vector<std::string>& captions) {
  Numbers numbers;
  for (size_t i = 0; i < captions.size(); ++i) numbers.emplace(captions[i], int64_t(i));
  return numbers;
}

}  // namespace

std::vector<int64_t> caption_clusters(const std::vector<std::string>& captions, const std::vector<size_t>& kept) {
  const Numbers numbers = numbers_of(captions);
  std::vector<int64_t> clusters;
  for (const size_t i : kept) clusters.push_back(numbers.at(captions[i]));
  return clusters;
}

std::vector<int64_t> repeat_clusters(const PictureSet& pictures, const std::vector<size_t>& kept) {
  std::vector<int64_t> clusters;
  const size_t captions = pictures.files.size() / size_t(pictures.repeats);
  if (pictures.repeats > 1)
    for (const size_t i : kept) clusters.push_back(int64_t(i % captions));
  return clusters;
}

std::vector<int64_t> reference_clusters(const std::vector<std::string>& drawn,
                                        const std::vector<std::string>& reference) {
  Numbers numbers = numbers_of(drawn);
  const std::set<std::string> known(reference.begin(), reference.end());
  for (const auto& [caption, number] : numbers)
    if (!known.contains(caption)) return {};
  std::vector<int64_t> clusters;
  for (const auto& caption : reference)
    clusters.push_back(numbers.emplace(caption, int64_t(drawn.size() + clusters.size())).first->second);
  return clusters;
}

}  // namespace mds
