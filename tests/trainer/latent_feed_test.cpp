// What a feed reads of a batch that several processes share, and what it draws.
#include "trainer/latent_feed.h"

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;

namespace {

using Reads = std::vector<std::pair<int64_t, int64_t>>;

class WatchedReader final : public LatentReader {
 public:
  WatchedReader(std::unique_ptr<LatentReader> reader, Reads& reads) : reader_(std::move(reader)), reads_(reads) {}
  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    reads_.emplace_back(first, count);
    return reader_->batch(iteration, first, count);
  }

 private:
  std::unique_ptr<LatentReader> reader_;
  Reads& reads_;
};

// A set in memory that tells which examples are read.
struct Watched final : LatentSource {
  LatentSet set = toy::latents();
  mutable Reads reads;

  Watched() { empty_text = set.empty_text, scale = set.scale; }
  LatentShape shape() const override { return set.shape(); }
  int64_t training_count() const override { return set.training_count(); }
  std::unique_ptr<LatentReader> reader(int64_t batch, uint64_t seed) const override {
    return std::make_unique<WatchedReader>(set.reader(batch, seed), reads);
  }
  HeldOutPairs held_out_pairs() const override { return set.held_out_pairs(); }
  Tensor held_out_text(const Tensor& rows) const override { return set.held_out_text(rows); }
  FeatureStats training_features() const override { return set.training_features(); }
};

LatentBatch drawn(const LatentSource& latents, std::optional<Share> share) {
  LatentFeed feed(latents, /*batch=*/6, /*seed=*/1);
  return feed.next({2, generator_for(1, 2), share}, /*choices=*/10, /*caption_dropout=*/0.3);
}

}  // namespace

TEST_CASE("a process reads its share of a batch alone and gets of it what the whole batch has there",
          "[trainer][torch]") {
  const Watched latents;
  const LatentBatch whole = drawn(latents, {});
  CHECK(latents.reads == Reads{{0, 6}});
  for (const int64_t first : {0, 2, 4}) {
    const LatentBatch own = drawn(latents, Share{first, 2});
    CHECK(latents.reads.back() == std::pair<int64_t, int64_t>{first, 2});
    CHECK(at::equal(own.noise_NCHW, whole.noise_NCHW));
    CHECK(at::equal(own.t_N, whole.t_N));
    CHECK(at::equal(own.x0_NCHW.narrow(0, first, 2), whole.x0_NCHW.narrow(0, first, 2)));
    CHECK(at::equal(own.text_NSC.narrow(0, first, 2), whole.text_NSC.narrow(0, first, 2)));
  }
}
