#include "data/emoji_pairs.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "data/cutout.h"
#include "data/parallel.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

constexpr double smallest = 0.3, largest = 0.6;  // longer side of an object, as a share of the picture's

struct Spot {
  ImageSize offset, size;
  std::vector<double> box(int64_t side) const {
    const double share = 1 / double(side);
    return {double(offset.width) * share, double(offset.height) * share, double(offset.width + size.width) * share,
            double(offset.height + size.height) * share};
  }
};

double between(double low, double high, Random& random) { return low + (high - low) * random.uniform(); }

ImageSize scaled(const Image& object, double longest) {
  const double scale = std::min(1.0, longest / double(std::max(object.width, object.height)));
  const auto side = [&](int64_t own) { return std::max<int64_t>(1, std::llround(double(own) * scale)); };
  return {side(object.width), side(object.height)};
}

// Places for two objects that do not overlap: their longer sides together are at most a picture's.
std::array<Spot, 2> placed(const std::array<const Image*, 2>& objects, int64_t side, Random& random) {
  const double one = between(smallest, largest, random);
  const double other = between(smallest, std::min(largest, 1 - one), random);
  const bool first_is_one = random.below(2) == 0, upright = random.below(2) == 0;
  std::array<Spot, 2> spots;
  for (size_t i = 0; i < 2; ++i)
    spots[i].size = scaled(*objects[i], std::floor(double(side) * ((i == 0) == first_is_one ? one : other)));
  const auto extent = [&](const Spot& spot) { return upright ? spot.size.height : spot.size.width; };
  const int64_t room = side - extent(spots[0]) - extent(spots[1]);
  const int64_t before = random.below(room + 1), gap = random.below(room - before + 1);
  const size_t front = size_t(random.below(2));
  for (size_t i = 0; i < 2; ++i) {
    const int64_t along = i == front ? before : before + extent(spots[front]) + gap;
    const int64_t across = random.below(side - (upright ? spots[i].size.width : spots[i].size.height) + 1);
    spots[i].offset = upright ? ImageSize{across, along} : ImageSize{along, across};
  }
  return spots;
}

bool names_one_thing(const std::string& name) {
  return name.find_first_of(",:") == std::string::npos && name.find(" and ") == std::string::npos;
}

}  // namespace

Collection pair_cutouts(std::vector<Cutout> objects, const PairOptions& options) {
  const auto all = std::make_shared<const std::vector<Cutout>>(std::move(objects));
  const auto count = int64_t(all->size());
  Random random(options.seed);
  Collection collection;
  std::set<std::pair<size_t, size_t>> taken;
  const int64_t draws = count < 2 ? 0 : options.pictures * 20;  // ends where few pairs are left
  for (int64_t i = 0; i < draws && int64_t(taken.size()) < options.pictures; ++i) {
    const size_t first = size_t(random.below(count)), second = size_t(random.below(count));
    const Cutout &a = (*all)[first], &b = (*all)[second];
    if (a.group == b.group || !taken.insert(std::minmax(first, second)).second) continue;
    const auto spots = placed({&a.image, &b.image}, options.side, random);
    const std::string id = a.id + "_" + b.id;
    const auto draw = [all, first, second, spots, side = options.side] {
      Image picture = make_image({side, side});
      for (size_t k = 0; k < 2; ++k)
        paste(shrunk((*all)[k == 0 ? first : second].image, spots[k].size), picture, spots[k].offset);
      return picture;
    };
    collection.candidates.push_back(
        {{.file = id,
          .caption = a.name + " and " + b.name,
          .group = id,
          .id = id,
          .layout = {{a.name, spots[0].box(options.side)}, {b.name, spots[1].box(options.side)}}},
         draw});
  }
  const auto made = int64_t(collection.candidates.size());
  for (int64_t i = std::max<int64_t>(0, made - options.held_out); i < made; ++i)
    collection.candidates[size_t(i)].pair.split = "held_out";
  return collection;
}

Collection collect_emoji_pairs(const PairOptions& options, const EmojiOptions& emoji) {
  Collection all = collect_emoji(emoji);
  std::erase_if(all.candidates, [](const CollectedPair& one) {
    return one.pair.split != "train" || !names_one_thing(one.pair.caption);
  });
  std::vector<Cutout> objects(all.candidates.size());
  std::vector<std::string> failures(objects.size());
  parallel_for(int64_t(objects.size()), [&](int64_t i) {
    const auto& [pair, draw] = all.candidates[size_t(i)];
    try {
      objects[size_t(i)] = {pair.id, pair.caption, pair.group, trimmed(draw(), pair.id)};
    } catch (const FileError& error) {
      failures[size_t(i)] = error.what();
    }
  });
  std::erase_if(objects, [](const Cutout& object) { return object.id.empty(); });
  Collection pairs = pair_cutouts(std::move(objects), options);
  for (size_t i = 0; i < failures.size(); ++i)
    if (!failures[i].empty())
      pairs.skipped.skips.push_back(
          {all.candidates[i].pair.id, failures[i].substr(all.candidates[i].pair.id.size() + 2)});
  return pairs;
}

}  // namespace mds
