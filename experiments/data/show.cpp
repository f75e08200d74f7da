#include "experiments/data/show.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/picture_table.h"
#include "data/resize.h"
#include "experiments/output.h"
#include "experiments/picture_file.h"
#include "experiments/training/stage_data.h"

namespace mds {
namespace {

std::string sides(const ImageSize& size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

// Facts about a source that lists its pairs; shards are not listed, so nothing is known of them beforehand.
Json findings(const std::vector<Pair>& pairs) {
  const auto area = [](const ImageSize& size) { return size.width * size.height; };
  std::set<std::string> captions;
  std::vector<ImageSize> sizes;
  for (const auto& pair : pairs) {
    captions.insert(pair.caption);
    sizes.push_back(load_image_size(pair.file));
  }
  const auto [least, most] =
      std::minmax_element(sizes.begin(), sizes.end(), [&](const auto& a, const auto& b) { return area(a) < area(b); });
  const size_t held_out = pairs_of_split(pairs, "held_out").size();
  Json json{{"pictures", pairs.size()},
            {"captions", captions.size()},
            {"held_out", held_out},
            {"smallest", sides(*least)},
            {"largest", sides(*most)}};
  if (held_out == 0)
    json["advice"] = "nothing is held out; \"held_out\": 0.1 in a training's stage would hold out " +
                     std::to_string(std::llround(0.1 * double(pairs.size())));
  return json;
}

void save_sheet(const ShowRequest& request, const Pictures& pictures) {
  PictureTable sheet;
  for (size_t i = 0; i < pictures.pairs.size(); ++i) {
    sheet.pictures.push_back(to_image(pictures.images[int64_t(i)]));
    sheet.labels.push_back(pictures.pairs[i].caption);
  }
  const auto square = int64_t(std::ceil(std::sqrt(double(sheet.pictures.size()))));
  sheet.columns = std::min(std::max<int64_t>(8, square), int64_t(sheet.pictures.size()));
  save_picture(request.sheet, picture_table(sheet));
}

}  // namespace

Json show_source(const ShowRequest& request, Listener& listener) {
  if (!request.sheet.empty()) {
    require_picture("`out`", request.sheet);
    refuse_input_as_output("`out`", request.sheet, {request.source});
  }
  const SourcePtr source = open_source(request.source, request.held_out);
  say_skipped(listener, request.source, source->skipped());
  Json json = source->pairs() ? findings(*source->pairs()) : Json::object();
  json["source"] = request.source;
  const Pictures pictures = draw_pictures(source, request.size, request.count, request.seed);
  say_skipped(listener, request.source, pictures.skipped);
  json["rows"] = Json::array();
  for (const Pair& pair : pictures.pairs)
    json["rows"].push_back({{"id", pair.id}, {"caption", pair.caption}, {"split", pair.split}});
  if (request.sheet.empty()) return json;
  save_sheet(request, pictures);
  json["sheet"] = request.sheet;
  return json;
}

}  // namespace mds
