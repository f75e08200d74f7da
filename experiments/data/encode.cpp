#include "experiments/data/encode.h"

#include <algorithm>

#include "data/picture_source.h"
#include "experiments/data/encoding_folder.h"
#include "experiments/output.h"
#include "experiments/training/latent_encoder.h"
#include "experiments/training/stage_data.h"
#include "pipeline/safetensors.h"

namespace mds {
namespace {

constexpr int64_t samples_at_once = 256;         // decoded and encoded together
constexpr int64_t most_pairs_a_shard = 100'000;  // so that their captions fit into the file's header
constexpr int64_t caption_bytes = 256;           // that room is left for, on average

// The samples of a source in the order on disk.
class Samples {
 public:
  explicit Samples(const PictureSource& source) : reader_(source.open({})), next_(reader_->next()) {}

  bool ended() const { return !next_; }
  int64_t taken() const { return taken_; }
  std::vector<EncodedPicture> take(int64_t most) {
    std::vector<EncodedPicture> samples;
    for (; next_ && int64_t(samples.size()) < most; advance()) samples.push_back(std::move(*next_));
    return samples;
  }
  void pass(int64_t most) {
    for (int64_t i = 0; next_ && i < most; ++i) advance();
  }

 private:
  void advance() {
    ++taken_;
    next_ = reader_->next();
  }

  std::unique_ptr<PictureReader> reader_;
  std::optional<EncodedPicture> next_;
  int64_t taken_ = 0;
};

// Whether the caption's hash is in the share. So equal captions are on one side, of pictures of any size, in any order.
bool is_held_out(const std::string& caption, double share) {
  constexpr size_t digits = 13;
  return double(std::stoull(sha256(caption).substr(0, digits), nullptr, 16)) < share * 0x1p52;
}

SourcePtr opened_source(const EncodeRequest& request) {
  SourcePtr source = open_source(request.source);
  return source->pairs() && request.held_out > 0 ? open_source(request.source, request.held_out) : source;
}

int64_t pairs_a_shard(const LatentEncoder& encoder, int64_t bytes) {
  const LatentShape shape = encoder.shape();
  const int64_t halves = 2 * shape.channels * shape.size * shape.size + shape.tokens * shape.width;
  const int64_t pair = 2 * halves + 2 * 4 * encoder.features() + caption_bytes;
  const int64_t beside = 2 * shape.tokens * shape.width + 4096;  // the empty text, and the rest of the header
  return std::clamp<int64_t>((bytes - beside) / pair, 1, most_pairs_a_shard);
}

EncodingPlan plan_of(const EncodeRequest& request, const PictureSource& source, const LatentEncoder& encoder) {
  return {.source = source.hash(),
          .held_out = request.held_out,
          .size = encoder.size(),
          .pairs_a_shard = pairs_a_shard(encoder, request.shard_bytes),
          .shape = encoder.shape(),
          .scale = encoder.scale(),
          .encoders = encoder.hashes(),
          .license = source.license()};
}

void check_captions(const LatentSet& set) {
  size_t bytes = 0;
  for (const auto& caption : set.captions) bytes += Json(caption).dump().size() + 1;
  if (2 * bytes > most_header_bytes)  // quotes and backslashes are escaped once more
    throw ConfigError("the captions of a shard are longer than a file's header may be; give a smaller `shard_mb`");
}

struct Encoding {
  const EncodeRequest& request;
  const SourcePtr source;
  const LatentEncoder encoder;
  const EncodingPlan plan;
  const EncodingFolder folder;
  Listener& listener;

  Encoding(const EncodeRequest& of, Listener& told)
      : request(of),
        source(opened_source(of)),
        encoder(of.encoders, of.size, of.placement),
        plan(plan_of(of, *source, encoder)),
        folder(of.out, plan),
        listener(told) {}

  // Returns how many shards the source fills.
  int64_t encode_all() const {
    Samples samples(*source);
    const auto progress = source->pairs()
                              ? listener.progress("encoding " + request.source, int64_t(source->pairs()->size()))
                              : std::make_unique<Progress>();
    int64_t shard = 0;
    for (; !samples.ended(); ++shard) {
      if (const auto claim = folder.claim(shard))
        encode_shard(shard, samples, *progress);
      else
        samples.pass(plan.pairs_a_shard);
    }
    return shard;
  }

  void encode_shard(int64_t shard, Samples& samples, Progress& progress) const {
    std::vector<LatentSet> parts;
    FolderReport skipped;
    for (int64_t left = plan.pairs_a_shard; left > 0 && !samples.ended();) {
      listener.throw_if_stopped();
      const auto part = samples.take(std::min(left, samples_at_once));
      left -= int64_t(part.size());
      Pictures pictures = decode_samples(part, plan.size);
      std::ranges::move(pictures.skipped.skips, std::back_inserter(skipped.skips));
      if (!source->pairs())
        for (auto& pair : pictures.pairs) pair.split = is_held_out(pair.caption, plan.held_out) ? "held_out" : "train";
      if (!pictures.pairs.empty()) parts.push_back(encoder.encode(pictures));
      progress.show(samples.taken());
    }
    say_skipped(listener, request.source, skipped);
    const auto count = int64_t(skipped.skips.size());
    if (parts.empty()) return folder.keep_empty(shard, count);
    LatentSet set = joined(parts);
    parts.clear();
    check_captions(set);
    set.license = plan.license;
    set.hash = sha256(to_json(plan).dump());
    folder.keep(shard, set, count);
  }
};

Json summary_of(const std::string& folder) {
  const LatentIndex index = load_index(folder);
  int64_t pairs = 0, held_out = 0, bytes = 0;
  for (const auto& shard : index.shards) pairs += shard.pairs, held_out += shard.held_out, bytes += shard.bytes;
  return {{"folder", folder}, {"shards", index.shards.size()}, {"pairs", pairs}, {"held_out", held_out},
          {"bytes", bytes},   {"license", index.license}};
}

}  // namespace

Json encode_source(const EncodeRequest& asked, Listener& listener) {
  refuse_input_as_output("`out`", asked.out, {asked.source});
  EncodeRequest request = asked;
  EncoderFolders::describe(
      request.encoders, [](std::string_view, std::string& folder, std::string_view) { folder = shipped_file(folder); });
  const Encoding encoding(request, listener);
  say_skipped(listener, request.source, encoding.source->skipped());
  const Stoppable stoppable(listener);
  if (!encoding.folder.complete()) {
    if (const int64_t waiting = encoding.folder.finish(encoding.encode_all()); waiting > 0) {
      listener.say(
          "other processes are at " + std::to_string(waiting) +
          " shards; the one that ends last writes latents.json, and if it was killed, the same command goes on");
      return {{"folder", request.out}, {"waiting", waiting}};
    }
  }
  return summary_of(request.out);
}

}  // namespace mds
