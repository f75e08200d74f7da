#include <ATen/ATen.h>

#include "pipeline/text_encoder.h"
#include "tests/catch.h"

using mds::Tokenizer;
using mds::TokenizerConfig;
using mds::TokenizerMode;

// Two merges: SOT is 514, EOT 515.
TEST_CASE("a text ends at its first end token, where the largest id is", "[pipeline]") {
  const int64_t pad = GENERATE(-1, 0);
  const Tokenizer tokenizer("a b\nc d</w>\n", {.merges = 2, .pad = pad});
  const auto tokens =
      mds::tokenize(tokenizer, {"", "x y", "x<|endoftext|>y", "a much longer text", std::string("\xff\0", 2)}, 6);
  CHECK(at::equal(tokens.end_N, at::tensor({1, 3, 2, 5, 5}, at::kLong)));
  CHECK(at::equal(tokens.end_N, tokens.ids_NT.argmax(1)));
}

TEST_CASE("a tokenizer's mode is written only where it is not the default", "[pipeline]") {
  CHECK(mds::to_json(TokenizerConfig{}) == mds::Json{{"merges", 48894}, {"pad", -1}});
  const TokenizerConfig openai{.merges = 7, .pad = 0, .mode = TokenizerMode::openai};
  CHECK(mds::to_json(openai)["mode"] == "openai");
  CHECK(mds::from_json<TokenizerConfig>(mds::to_json(openai), "card") == openai);
  CHECK(mds::from_json<TokenizerConfig>({{"mode", "hf"}}, "card") == TokenizerConfig{});
  CHECK_THROWS_WITH(mds::from_json<TokenizerConfig>({{"mode", "clip"}}, "card"),
                    Catch::Contains("mode is \"clip\"; valid: hf, openai"));
}
