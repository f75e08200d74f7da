// Which pictures of a set, and of its reference, belong to one caption: the clusters that intervals draw as one,
// because the pictures of one caption are not independent observations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/picture_set.h"

namespace mds {

// The captions of the pictures `kept`, each by its first place in the list.
std::vector<int64_t> caption_clusters(const std::vector<std::string>& captions, const std::vector<size_t>& kept);

// The same where each caption has several pictures; empty where it has one.
std::vector<int64_t> repeat_clusters(const PictureSet& pictures, const std::vector<size_t>& kept);

// The captions of the reference's pictures by the numbers of caption_clusters, and other numbers for captions of its
// own. Empty where a drawn caption has no picture there: then the reference is not that of these captions.
std::vector<int64_t> reference_clusters(const std::vector<std::string>& drawn,
                                        const std::vector<std::string>& reference);

}  // namespace mds
