#include "blocks/position.h"

namespace mds {

Shape output_shape(const PositionNetwork&, const Site& site) { return Shape::tokens(site.boxes, site.text_width); }

void list_layers(const PositionNetwork& block, const Site& site, LayerSink& sink) {
  if (site.boxes < 1) throw ConfigError("boxes is 0, and a position network embeds boxes; allowed: at least 1");
  const PositionNames& names = block.names;
  const int64_t phrase = site.text_width, box = PositionNetwork::fourier_width, hidden = block.hidden;
  const auto slots = [&](int64_t width) { return Shape::tokens(site.boxes, width); };
  sink.add(names.no_phrase, {1, phrase, Init::zero}, Shape::vector(phrase), Shape::vector(phrase));
  sink.add(names.no_box, {1, box, Init::zero}, Shape::vector(box), Shape::vector(box));
  sink.add(names.first, {phrase + box, hidden}, slots(phrase + box), slots(hidden));
  sink.add(names.second, {hidden, hidden}, slots(hidden), slots(hidden));
  sink.add(names.third, {hidden, site.text_width}, slots(hidden), slots(site.text_width));
}

}  // namespace mds
