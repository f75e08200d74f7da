#include "experiments/training/stage_data.h"

#include <ATen/ATen.h>

#include "spec/describe.h"
#include "spec/license.h"

namespace mds {
namespace {

constexpr int64_t most_bytes_held = int64_t(2) << 30;

void append(LoadedPairs& set, const Pictures& pictures, const std::string& split) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < pictures.pairs.size(); ++i) {
    if (pictures.pairs[i].split != split) continue;
    rows.push_back(int64_t(i));
    set.pairs.push_back(pictures.pairs[i]);
  }
  const Tensor chosen = pictures.images.index_select(0, at::tensor(rows, at::kLong));
  set.pictures = set.pictures.defined() ? at::cat({set.pictures, chosen}) : chosen;
}

bool must_stream(const PictureSource& source, int64_t size) {
  return !source.pairs() || int64_t(source.pairs()->size()) * 3 * size * size > most_bytes_held;
}

std::vector<std::string> captions_of(const std::vector<Pair>& pairs) {
  std::vector<std::string> captions;
  for (const auto& pair : pairs) captions.push_back(pair.caption);
  return captions;
}

StageData held(const std::vector<SourcePtr>& sources, const StageDataRequest& request, const LoopConfig& loop,
               Listener& listener) {
  StageData data;
  LoadedPairs train;
  for (size_t i = 0; i < sources.size(); ++i) {
    const Pictures pictures = load_source(sources[i], request.size);
    say_skipped(listener, request.names[i], pictures.skipped);
    append(train, pictures, "train");
    append(data.held_out, pictures, "held_out");
  }
  const TokenBatch tokens =
      request.tokenise && !train.pairs.empty() ? request.tokenise(captions_of(train.pairs)) : TokenBatch{};
  data.feed = std::make_shared<MemoryFeed>(train.pictures, tokens, loop);
  data.sample_of = [pictures = train.pictures](int64_t most, uint64_t seed) {
    return pictures.index_select(0, sampled_rows(pictures.size(0), most, seed));
  };
  return data;
}

StageData streamed(SourcePtr source, const StageDataRequest& request, const LoopConfig& loop, Listener& listener) {
  StageData data;
  if (source->pairs()) {
    say_skipped(listener, request.names[0], source->skipped());
    if (const auto pairs = pairs_of_split(*source->pairs(), "held_out"); !pairs.empty())
      append(data.held_out, load_pictures(pairs, request.size), "held_out");
    auto train = pairs_of_split(*source->pairs(), "train");
    if (train.empty()) throw ConfigError("stage.data: every pair is held out; nothing to train on");
    source = listed_source(std::move(train), {}, [hash = source->hash()] { return hash; });
  }
  const StreamConfig config{.size = request.size, .batch = loop.batch, .seed = loop.seed};
  data.feed = std::make_shared<StreamFeed>(source, config, request.tokenise, listener);
  data.sample_of = [source, size = request.size](int64_t most, uint64_t seed) {
    return draw_pictures(source, size, most, seed).images;
  };
  return data;
}

}  // namespace

void say_skipped(Listener& listener, const std::string& name, const FolderReport& report) {
  if (!report.skips.empty()) listener.say(name + ": " + summary(report));
}

StageData open_stage_data(const StageDataRequest& request, const LoopConfig& loop, Listener& listener) {
  if (request.names.empty()) throw ConfigError("stage.data: names no data set");
  std::vector<SourcePtr> sources;
  std::string hashes;
  std::vector<std::string> licenses;
  bool streams = false;
  for (const auto& name : request.names) {
    sources.push_back(open_source(name, request.held_out));
    hashes += sources.back()->hash();
    licenses.push_back(sources.back()->license());
    const bool large = must_stream(*sources.back(), request.size);
    if (large && request.names.size() > 1)
      throw ConfigError("stage.data: \"" + name +
                        "\" is streamed, as it is too large for memory or in shards; "
                        "allowed: only this one data set");
    streams = streams || large;
  }
  StageData data = streams ? streamed(sources[0], request, loop, listener) : held(sources, request, loop, listener);
  data.hash = sha256(hashes);
  data.license = joined_licenses(licenses);
  return data;
}

}  // namespace mds
