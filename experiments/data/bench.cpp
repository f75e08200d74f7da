#include "experiments/data/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "experiments/training/stage_data.h"
#include "metrics/thread_limit.h"
#include "spec/processors.h"

namespace mds {
namespace {

constexpr double part_s = 1;          // time for each part of the benchmark
constexpr int64_t most_single = 512;  // pictures decoded one by one

class Elapsed {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Measures reading from the file cache, decoding and resizing of the same pictures, one after the other.
Json single_rates(const SourcePtr& source, int64_t size) {
  const ThreadLimit limit(1);
  double decode_s = 0, resize_s = 0;
  int64_t pictures = 0;
  const auto reader = source->open(0);
  while (pictures < most_single && decode_s + resize_s < part_s) {
    const auto sample = reader->next();
    if (!sample) break;
    try {
      const std::string bytes = sample->bytes.empty() ? load_picture_bytes(sample->name) : sample->bytes;
      const Elapsed decoding;
      const Image image = decode_image(bytes, sample->name);
      decode_s += decoding.seconds();
      const Elapsed resizing;
      to_tensor(image, size);
      resize_s += resizing.seconds();
      ++pictures;
    } catch (const FileError&) {  // the stream lists these pictures
    }
  }
  if (pictures == 0) return {{"decode", nullptr}, {"resize", nullptr}};
  return {{"decode", double(pictures) / decode_s}, {"resize", double(pictures) / resize_s}};
}

StreamConfig stream_config(const BenchRequest& request, int64_t threads) {
  return {.size = request.size, .batch = request.batch, .threads = threads, .seed = 0};
}

// Pictures per second of a stream whose consumer never waits. The first batch starts the threads and is not timed.
double stream_rate(const SourcePtr& source, const StreamConfig& config) {
  PictureStream stream(source, config);
  stream.next();
  const Elapsed watch;
  int64_t batches = 0;
  for (; batches <= config.ahead || watch.seconds() < part_s; ++batches) stream.next();
  return double(batches * config.batch) / watch.seconds();
}

// The share of time that a consumer waits if each batch costs it step_ms; the first batch is not counted.
double waiting_share(const SourcePtr& source, const StreamConfig& config, double step_ms) {
  PictureStream stream(source, config);
  stream.next();
  const double before_s = stream.waited_s();
  const Elapsed watch;
  const auto steps = std::clamp<int64_t>(int64_t(2000 * part_s / step_ms), 10, 1000);
  for (int64_t i = 0; i < steps; ++i) {
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(step_ms));
    stream.next();
  }
  return (stream.waited_s() - before_s) / watch.seconds();
}

}  // namespace

Json bench_source(const BenchRequest& request, Listener& listener) {
  const SourcePtr source = open_source(request.source);
  say_skipped(listener, request.source, source->skipped());
  PictureStream pass(source, {.size = request.size, .batch = request.batch, .seed = {}, .repeat = false});
  const Elapsed watch;
  int64_t pictures = 0;
  for (int64_t n = 0; (n = int64_t(pass.next().ids.size())) > 0;) pictures += n;
  const double pass_s = watch.seconds();
  const FolderReport skipped = pass.skipped();
  say_skipped(listener, request.source, skipped);
  Json result{{"source", request.source},
              {"pictures", pictures},
              {"size", request.size},
              {"batch", request.batch},
              {"seconds", pass_s},
              {"pictures_per_second", double(pictures) / pass_s},
              {"one_thread", single_rates(source, request.size)},
              {"streams", Json::array()},
              {"skipped", Json::array()}};
  for (const auto* report : {&source->skipped(), &skipped})
    for (const auto& [file, reason] : report->skips) result["skipped"].push_back({{"file", file}, {"reason", reason}});
  const int64_t cores = std::min<int64_t>(usable_processors(), 16);
  const int64_t most = request.threads ? request.threads : cores;
  for (int64_t threads = 1; threads < most; threads *= 2)
    result["streams"].push_back(
        {{"threads", threads}, {"pictures_per_second", stream_rate(source, stream_config(request, threads))}});
  const StreamConfig config = stream_config(request, most);
  result["streams"].push_back({{"threads", most}, {"pictures_per_second", stream_rate(source, config)}});
  result["step_ms"] = request.step_ms;
  result["waiting_share"] = waiting_share(source, config, request.step_ms);
  return result;
}

}  // namespace mds
