// Captions of another list: what batches then hold, and which captions are refused.
#include "trainer/captioned_latents.h"

#include <ATen/ATen.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/latent_feed.h"

using namespace mds;
using Catch::Contains;

namespace {

EncodedCaptions captions(const std::vector<std::string>& texts) {
  const auto n = int64_t(texts.size());
  const Tensor number = at::arange(1, n + 1, at::kHalf).view({n, 1, 1});
  return {.captions = texts, .text = number.expand({n, 3, 6}).contiguous(), .hash = "of captions"};
}

LatentSourcePtr toy_source() { return std::make_unique<LatentSet>(toy::latents()); }

}  // namespace

TEST_CASE("a source with other captions gives each of them once an epoch, and the pairs' latents", "[trainer][torch]") {
  const LatentSourcePtr own = toy_source(), other = with_captions(toy_source(), captions({"a", "b", "c"}), "here");
  LatentFeed feed(*other, 3, 5), of_pairs(*own, 3, 5);
  for (const int64_t iteration : {0, 1, 2}) {
    const LatentBatch batch = feed.next({iteration, generator_for(1, iteration)}, 10, 0);
    const LatentBatch pairs = of_pairs.next({iteration, generator_for(1, iteration)}, 10, 0);
    CHECK(at::equal(batch.x0_NCHW, pairs.x0_NCHW));
    const Tensor numbers = std::get<0>(batch.text_NSC.amax({1, 2}).sort());
    CHECK(at::equal(numbers, at::arange(1, 4, at::kFloat)));
  }
  CHECK(other->hash != own->hash);
  CHECK(other->held_out_pairs().captions == own->held_out_pairs().captions);
}

TEST_CASE("a share of a batch has the captions that the whole batch has there", "[trainer][torch]") {
  const LatentSourcePtr source = with_captions(toy_source(), captions({"a", "b", "c", "d", "e"}), "here");
  const LatentRows whole = source->reader(4, 1)->batch(7, 0, 4), part = source->reader(4, 1)->batch(7, 2, 2);
  CHECK(at::equal(whole.text.narrow(0, 2, 2), part.text));
}

TEST_CASE("a held-out caption is refused however it is spaced and capitalised", "[trainer][torch]") {
  CHECK_THROWS_WITH(with_captions(toy_source(), captions({"a", " Caption   11"}), "list.txt"),
                    Contains("list.txt: holds \" Caption   11\", a held-out caption"));
  CHECK_NOTHROW(with_captions(toy_source(), captions({"caption 1"}), "list.txt"));
}

TEST_CASE("a list without captions, or of another encoder, is refused", "[trainer][torch]") {
  CHECK_THROWS_WITH(with_captions(toy_source(), captions({}), "list.txt"), Contains("list.txt: holds no captions"));
  EncodedCaptions wide = captions({"a"});
  wide.text = at::zeros({1, 3, 7}, at::kHalf);
  CHECK_THROWS_WITH(with_captions(toy_source(), wide, "list.txt"), Contains("3 tokens of 7") && Contains("3 of 6"));
}
