#include "experiments/training/decoder_record.h"

#include <algorithm>
#include <optional>

#include "experiments/arch_record.h"
#include "trainer/autoencoder_config.h"

namespace mds {
namespace {

struct ShippedDecoder {
  std::string name;
  NetworkSpec spec;
  int64_t divisor;
};

std::optional<ShippedDecoder> shipped_decoder(const DecoderSpec& decoder) {
  for (const auto& [name, hash] : shipped_hashes()) {
    const NetworkSpec spec = load_network(name);
    const auto* shipped = std::get_if<DecoderSpec>(&spec);
    if (!shipped || shipped->widths[0] % decoder.widths[0] != 0) continue;
    const int64_t divisor = shipped->widths[0] / decoder.widths[0];
    const auto divides = [&](int64_t width) { return width % divisor == 0; };
    if (!std::all_of(shipped->widths.begin(), shipped->widths.end(), divides)) continue;
    DecoderSpec same_size = narrowed(*shipped, divisor);
    same_size.size = decoder.size;
    same_size.size_width = decoder.size_width;
    if (same_size == decoder) return ShippedDecoder{name, spec, divisor};
  }
  return {};
}

}  // namespace

std::string record_decoder(Database& database, const DecoderSpec& decoder, const std::string& generator) {
  const auto shipped = shipped_decoder(decoder);
  if (!shipped) return {};
  const std::string parent = record_arch(database, {shipped->name, shipped->spec}, {.generator = generator});
  const std::string name = shipped->name + "-1/" + std::to_string(shipped->divisor);
  return record_arch(database, {name, decoder}, {.parent = parent, .generator = generator});
}

}  // namespace mds
