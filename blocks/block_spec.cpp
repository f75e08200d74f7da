#include "blocks/block_spec.h"

namespace mds {

std::string_view kind_of(const BlockSpec& block) {
  return std::visit([](const auto& b) { return b.kind; }, block);
}

Shape output_shape(const BlockSpec& block, const Site& site) {
  return std::visit([&](const auto& b) { return output_shape(b, site); }, block);
}

void list_layers(const BlockSpec& block, const Site& site, LayerSink& sink) {
  std::visit([&](const auto& b) { list_layers(b, site, sink); }, block);
}

std::vector<Layer> layers(const BlockSpec& block, const Site& site) {
  ListSink sink;
  list_layers(block, site, sink);
  return std::move(sink.layers);
}

Cost cost(const BlockSpec& block, const Site& site) {
  CostSink sink;
  list_layers(block, site, sink);
  return sink.total;
}

}  // namespace mds
