#include "data/picture_stream.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "spec/bootstrap.h"
#include "spec/describe.h"
#include "spec/processors.h"

namespace mds {
namespace {

OrderSeed epoch_seed(const std::optional<uint64_t>& seed, int64_t epoch) {
  if (!seed) return {};
  return Random(Random(*seed).next() ^ uint64_t(epoch)).next();
}

// The message without the name at its beginning.
std::string reason_of(const FileError& error, const std::string& name) {
  const std::string text = error.what();
  return text.starts_with(name + ": ") ? text.substr(name.size() + 2) : text;
}

void check(const StreamConfig& config) {
  const auto require = [](const char* name, int64_t value, int64_t least) {
    if (value < least || value > 4096)
      throw ConfigError(std::string(name) + " is " + std::to_string(value) + "; allowed: " + std::to_string(least) +
                        " to 4096");
  };
  require("the stream's picture size", config.size, 1);
  require("the stream's batch", config.batch, 1);
  require("the stream's threads", config.threads, 0);
  require("the stream's batches ahead", config.ahead, 1);
}

}  // namespace

std::string to_string(StreamPosition position) {
  return std::to_string(position.epoch) + ":" + std::to_string(position.taken);
}

StreamPosition parse_stream_position(const std::string& text) {
  StreamPosition position;
  int used = 0;
  long long epoch = 0, taken = 0;
  if (std::sscanf(text.c_str(), "%lld:%lld%n", &epoch, &taken, &used) != 2 || size_t(used) != text.size() ||
      epoch < 0 || taken < 0)
    throw ConfigError("a stream's position is \"" + text + "\"; expected EPOCH:TAKEN");
  return {epoch, taken};
}

// Workers take samples from the reader one at a time, under the lock, and reserve a place for each: `queue` has the
// order of the source, and next() waits for its front.
struct PictureStream::State {
  struct Decoded {
    Tensor picture_CHW;  // undefined if it could not be decoded
    std::string name, id, caption, failure;
    StreamPosition after;
    bool end_of_epoch = false;  // the place is an end mark, not a sample
    bool done = false;
  };

  SourcePtr source;
  StreamConfig config;
  StreamPosition position;  // of the reader
  std::unique_ptr<PictureReader> reader;
  size_t reported = 0;  // how many of the reader's skips
  bool exhausted = false, stopping = false;
  std::exception_ptr failure;
  std::deque<std::shared_ptr<Decoded>> queue;
  FolderReport skipped;
  std::set<std::pair<std::string, std::string>> met;  // skips so far: each is listed once, not in every epoch
  int64_t good_in_epoch = 0;
  double waited_s = 0;
  mutable std::mutex mutex;
  std::condition_variable room, ready;
  std::vector<std::jthread> workers;  // last member, so that threads end before what they use

  void open_epoch() { reader = source->open(epoch_seed(config.seed, position.epoch)), reported = 0; }

  void skip(const FolderReport::Skip& skip) {
    if (met.emplace(skip.file, skip.reason).second) skipped.skips.push_back(skip);
  }

  // Adds a place at the end of the queue. Returns the sample to decode for it, or none at the end of an epoch.
  std::optional<EncodedPicture> take(std::shared_ptr<Decoded>& place) {
    auto sample = reader->next();
    const auto& skips = reader->skipped().skips;
    for (; reported < skips.size(); ++reported) skip(skips[reported]);
    place = queue.emplace_back(std::make_shared<Decoded>());
    if (sample) {
      ++position.taken;
    } else {
      place->end_of_epoch = place->done = true;
      position = {position.epoch + 1, 0};
      if (config.repeat)
        open_epoch();
      else
        exhausted = true;
      ready.notify_all();
    }
    place->after = position;
    return sample;
  }

  void decode(const EncodedPicture& sample, Decoded& place) const {
    place.name = sample.name;
    place.id = sample.id;
    place.caption = sample.caption;
    try {
      const Image image = sample.bytes.empty() ? load_image(sample.name) : decode_image(sample.bytes, sample.name);
      place.picture_CHW = to_tensor(image, config.size);
    } catch (const FileError& error) {
      place.failure = reason_of(error, sample.name);
    }
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      room.wait(lock, [&] { return stopping || exhausted || int64_t(queue.size()) < config.ahead * config.batch; });
      if (stopping || exhausted) return;
      try {
        std::shared_ptr<Decoded> place;
        const auto sample = take(place);
        if (!sample) continue;
        lock.unlock();
        decode(*sample, *place);
        lock.lock();
        place->done = true;
        ready.notify_all();
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure = std::current_exception();
        stopping = true;
        ready.notify_all();
        room.notify_all();
        return;
      }
    }
  }

  // Waits for the front of the queue; null at the end of a stream that does not repeat.
  std::shared_ptr<Decoded> pop(std::unique_lock<std::mutex>& lock) {
    ready.wait(lock, [&] { return failure || (queue.empty() ? exhausted : queue.front()->done); });
    if (failure) std::rethrow_exception(failure);
    if (queue.empty()) return nullptr;
    auto front = queue.front();
    queue.pop_front();
    room.notify_all();
    return front;
  }
};

PictureStream::PictureStream(SourcePtr source, const StreamConfig& config, StreamPosition from)
    : state_(std::make_unique<State>()) {
  check(config);
  state_->source = std::move(source);
  state_->config = config;
  state_->position = from;
  state_->good_in_epoch = from.taken;  // an epoch that is resumed must not fail for lack of good pictures
  state_->open_epoch();
  state_->reader->skip(from.taken);
  state_->reported = state_->reader->skipped().skips.size();
  const int64_t cores = std::min<int64_t>(usable_processors(), 16);
  for (int64_t i = 0; i < (config.threads ? config.threads : cores); ++i)
    state_->workers.emplace_back([state = state_.get()] { state->work(); });
}

PictureStream::~PictureStream() {
  const std::scoped_lock lock(state_->mutex);
  state_->stopping = true;
  state_->room.notify_all();
}

PictureBatch PictureStream::next() {
  const auto start = std::chrono::steady_clock::now();
  PictureBatch batch;
  std::vector<Tensor> pictures;
  {
    State& state = *state_;
    std::unique_lock lock(state.mutex);
    while (int64_t(pictures.size()) < state.config.batch) {
      const auto sample = state.pop(lock);
      if (!sample) break;
      batch.after = sample->after;
      if (sample->end_of_epoch) {
        if (state.good_in_epoch == 0) throw FileError("none of the pictures can be decoded. " + summary(state.skipped));
        state.good_in_epoch = 0;
      } else if (sample->failure.empty()) {
        ++state.good_in_epoch;
        pictures.push_back(sample->picture_CHW);
        batch.ids.push_back(sample->id);
        batch.captions.push_back(sample->caption);
      } else {
        state.skip({sample->name, sample->failure});
      }
    }
  }
  if (!pictures.empty()) batch.images_NCHW = at::stack(pictures);
  state_->waited_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return batch;
}

double PictureStream::waited_s() const { return state_->waited_s; }

FolderReport PictureStream::skipped() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->skipped;
}

namespace {

Pictures gather(PictureStream& stream, int64_t most) {
  Pictures result;
  std::vector<Tensor> parts;
  for (int64_t left = most; left > 0;) {
    const PictureBatch batch = stream.next();
    if (batch.ids.empty()) break;
    const int64_t take = std::min(left, int64_t(batch.ids.size()));
    for (int64_t i = 0; i < take; ++i)
      result.pairs.push_back({.file = batch.ids[size_t(i)],
                              .caption = batch.captions[size_t(i)],
                              .group = batch.ids[size_t(i)],
                              .id = batch.ids[size_t(i)]});
    parts.push_back(batch.images_NCHW.slice(0, 0, take));
    left -= take;
  }
  result.images = at::cat(parts);
  result.skipped = stream.skipped();
  return result;
}

constexpr int64_t gathered_batch = 64;

}  // namespace

Pictures load_source(const SourcePtr& source, int64_t size) {
  if (const auto* pairs = source->pairs()) {
    Pictures pictures = load_pictures(*pairs, size);
    auto& skips = pictures.skipped.skips;
    skips.insert(skips.begin(), source->skipped().skips.begin(), source->skipped().skips.end());
    return pictures;
  }
  PictureStream stream(source, {.size = size, .batch = gathered_batch, .seed = {}, .repeat = false});
  return gather(stream, INT64_MAX);
}

Pictures draw_pictures(const SourcePtr& source, int64_t size, int64_t most, uint64_t seed) {
  PictureStream stream(source, {.size = size, .batch = gathered_batch, .seed = seed, .repeat = false});
  return gather(stream, most);
}

}  // namespace mds
