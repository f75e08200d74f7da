#include "metrics/extractor.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <future>

#include "data/parallel.h"
#include "data/resize.h"
#include "pipeline/mapped_file.h"
#include "spec/error.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Consecutive pictures of a set, preprocessed for the network.
struct PictureBatch {
  Tensor prepared_NCHW;
  std::vector<size_t> kept;
  FolderReport skipped;
  double seconds = 0;
};

PictureBatch read_batch(const Extractor& extractor, const PictureSet& set, size_t begin,
                        const ExtractOptions& options) {
  const auto start = Clock::now();
  const size_t count = std::min(size_t(options.batch), set.files.size() - begin);
  std::vector<Tensor> pictures(count);
  std::vector<std::string> failures(count);
  parallel_for(int64_t(count), [&](int64_t i) {
    try {
      pictures[size_t(i)] = extractor.prepared(comparison_picture(set.files[begin + size_t(i)], options.size));
    } catch (const FileError& error) {
      failures[size_t(i)] = std::string(error.what()).substr(set.files[begin + size_t(i)].size() + 2);
    } catch (const ConfigError& error) {
      failures[size_t(i)] = error.what();
    }
  });
  PictureBatch batch;
  std::vector<Tensor> usable;
  for (size_t i = 0; i < count; ++i) {
    if (pictures[i].defined()) {
      usable.push_back(pictures[i]);
      batch.kept.push_back(begin + i);
    } else {
      batch.skipped.skips.push_back({set.files[begin + i], failures[i]});
    }
  }
  if (!usable.empty()) batch.prepared_NCHW = at::stack(usable);
  batch.seconds = since(start);
  return batch;
}

// Rows that are not finite are reported as skips.
void add_rows(Extracted& result, const Tensor& features_ND, const PictureBatch& batch, const PictureSet& set,
              std::vector<Tensor>& rows) {
  const auto finite_N = at::isfinite(features_ND).all(1);
  std::vector<int64_t> usable;
  for (int64_t i = 0; i < features_ND.size(0); ++i) {
    const size_t picture = batch.kept[size_t(i)];
    if (finite_N[i].item<bool>()) {
      usable.push_back(i);
      result.kept.push_back(picture);
    } else {
      result.skipped.skips.push_back({set.files[picture], "features that are not finite"});
    }
  }
  rows.push_back(features_ND.index_select(0, at::tensor(usable, at::kLong)));
}

}  // namespace

Tensor Extractor::text_features(const std::vector<std::string>&) const {
  throw ConfigError(identity_.network + ": embeds pictures only");
}

Tensor comparison_picture(const std::string& file, int64_t size) {
  const Image image = load_image(file);
  if (size > 0) return to_tensor(image, size).unsqueeze(0);
  const auto pixels_HWC = at::tensor(at::ArrayRef<uint8_t>(image.rgb), at::kByte).view({image.height, image.width, 3});
  return pixels_HWC.permute({2, 0, 1}).unsqueeze(0).contiguous();
}

Extracted extract(const Extractor& extractor, const PictureSet& set, const ExtractOptions& options) {
  const size_t step = size_t(options.batch);
  const auto read = [&](size_t begin) {
    return std::async(std::launch::async, [&, begin] { return read_batch(extractor, set, begin, options); });
  };
  Extracted result;
  std::vector<Tensor> rows;
  auto next = read(0);
  for (size_t begin = 0; begin < set.files.size(); begin += step) {
    const PictureBatch batch = next.get();
    if (begin + step < set.files.size()) next = read(begin + step);
    result.rates.reading_s += batch.seconds;
    auto& skips = result.skipped.skips;
    skips.insert(skips.end(), batch.skipped.skips.begin(), batch.skipped.skips.end());
    if (batch.kept.empty()) continue;
    const auto start = Clock::now();
    const Tensor features_ND = extractor.features(batch.prepared_NCHW);
    result.rates.network_s += since(start);
    add_rows(result, features_ND, batch, set, rows);
    result.rates.pictures += int64_t(batch.kept.size());
    if (options.tick) options.tick(int64_t(std::min(begin + step, set.files.size())));
  }
  if (result.kept.empty()) throw FileError(set.folder + ": no picture can be measured. " + summary(result.skipped));
  result.features_ND = at::cat(rows);
  return result;
}

std::string to_string(const ExtractRates& rates) {
  const auto rate = [&](double seconds) { return seconds > 0 ? double(rates.pictures) / seconds : 0; };
  char text[160];
  std::snprintf(text, sizeof text, "decoding + resizing %.1f pictures/s, extractor %.1f pictures/s; %s binds",
                rate(rates.reading_s), rate(rates.network_s),
                rates.reading_s > rates.network_s ? "decoding + resizing" : "the extractor");
  return text;
}

}  // namespace mds
