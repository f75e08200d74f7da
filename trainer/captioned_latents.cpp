#include "trainer/captioned_latents.h"

#include <ATen/ATen.h>

#include <set>

#include "trainer/stage.h"

namespace mds {
namespace {

class Reader final : public LatentReader {
 public:
  Reader(std::unique_ptr<LatentReader> pairs, const Tensor& text, const Batches& rows)
      : pairs_(std::move(pairs)), text_(text), rows_(rows) {}
  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    const Tensor chosen = rows_.at(iteration).slice(0, first, first + count);
    return {.moments = pairs_->batch(iteration, first, count).moments, .text = text_.index_select(0, chosen)};
  }

 private:
  std::unique_ptr<LatentReader> pairs_;
  const Tensor& text_;
  Batches rows_;
};

class CaptionedLatents final : public LatentSource {
 public:
  CaptionedLatents(LatentSourcePtr source, EncodedCaptions captions)
      : LatentSource(*source), source_(std::move(source)), text_(std::move(captions.text)) {
    hash = sha256(source_->hash + captions.hash);
  }
  LatentShape shape() const override { return source_->shape(); }
  int64_t training_count() const override { return source_->training_count(); }
  std::unique_ptr<LatentReader> reader(int64_t batch, uint64_t seed) const override {
    return std::make_unique<Reader>(source_->reader(batch, seed), text_, Batches(text_.size(0), batch, seed));
  }
  HeldOutPairs held_out_pairs() const override { return source_->held_out_pairs(); }
  Tensor held_out_text(const Tensor& rows) const override { return source_->held_out_text(rows); }
  FeatureStats training_features() const override { return source_->training_features(); }

 private:
  LatentSourcePtr source_;
  Tensor text_;
};

void refuse_held_out(const LatentSource& source, const EncodedCaptions& captions, const std::string& place) {
  std::set<std::string> held_out;
  for (const auto& caption : source.held_out_pairs().captions) held_out.insert(plain_caption(caption));
  for (const auto& caption : captions.captions)
    if (held_out.contains(plain_caption(caption)))
      throw ConfigError(place + ": holds \"" + caption +
                        "\", a held-out caption, by which the model is scored; leave it out");
}

}  // namespace

std::string plain_caption(const std::string& caption) {
  std::string plain;
  bool blank = false;
  for (const char c : caption) {
    if (std::isspace(static_cast<unsigned char>(c))) {
      blank = !plain.empty();
      continue;
    }
    if (blank) plain += ' ';
    blank = false;
    plain += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  }
  return plain;
}

LatentSourcePtr with_captions(LatentSourcePtr source, EncodedCaptions captions, const std::string& place) {
  if (captions.captions.empty()) throw ConfigError(place + ": holds no captions");
  const LatentShape shape = source->shape();
  if (captions.text.size(1) != shape.tokens || captions.text.size(2) != shape.width)
    throw ConfigError(place + ": the text encoder gives " + std::to_string(captions.text.size(1)) + " tokens of " +
                      std::to_string(captions.text.size(2)) + "; the latents' captions have " +
                      std::to_string(shape.tokens) + " of " + std::to_string(shape.width));
  refuse_held_out(*source, captions, place);
  return std::make_unique<CaptionedLatents>(std::move(source), std::move(captions));
}

}  // namespace mds
