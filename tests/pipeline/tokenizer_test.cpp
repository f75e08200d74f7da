#include "pipeline/tokenizer.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "pipeline/tokenizer_text.h"
#include "spec/error.h"
#include "tests/catch.h"

namespace {

using Ids = std::vector<int64_t>;
using mds::Tokenizer;
using mds::TokenizerMode;

const std::string& merges() {
  static const std::string text = [] {
    std::ifstream in(MDS_SOURCE_DIR "/weights/clip-bpe/merges.txt");
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }();
  return text;
}

const Tokenizer& clip(TokenizerMode mode = TokenizerMode::hf) {
  static const Tokenizer hf(merges()), openai(merges(), Tokenizer::clip_merges, TokenizerMode::openai);
  return mode == TokenizerMode::hf ? hf : openai;
}

}  // namespace

TEST_CASE("the shipped merges give CLIP's vocabulary", "[pipeline]") {
  CHECK(clip().vocabulary() == 49408);
  CHECK(clip().sot() == 49406);
  CHECK(clip().eot() == 49407);
}

TEST_CASE("texts get the ids of the original tokenizer in both modes", "[pipeline]") {
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  CHECK(clip(mode).encode("a photo of a cat") == Ids{320, 1125, 539, 320, 2368});
  CHECK(clip(mode).encode("A corgi's head depicted as an explosion of a nebula.") ==
        Ids{320, 31320, 568, 1375, 34637, 601, 550, 13785, 539, 320, 22532, 269});
  CHECK(clip(mode).encode("ten red apples") == Ids{2581, 736, 14032});
  CHECK(clip(mode).encode("hello   WORLD 2024!!") == Ids{3306, 1002, 273, 271, 273, 275, 748});
  CHECK(clip(mode).encode("don't stop") == Ids{847, 713, 1691});
  CHECK(clip(mode).encode("caf\u00e9 \u65e5\u672c") == Ids{15304, 39121, 19277, 361});
  CHECK(clip(mode).encode("\U0001F600") == Ids{7334});
}

TEST_CASE("only the openai mode replaces character references, twice", "[pipeline]") {
  CHECK(clip(TokenizerMode::openai).encode("&amp;lt;b&amp;gt;") == Ids{283, 321, 285});
  CHECK(clip(TokenizerMode::hf).encode("&amp;lt;b&amp;gt;") != Ids{283, 321, 285});
}

TEST_CASE("character references are replaced as Python does", "[pipeline]") {
  using mds::unescape_html;
  CHECK(unescape_html("a &lt; b &amp;&amp; c &gt d") == "a < b && c > d");
  CHECK(unescape_html("&#65;&#x42;&#67 &#x1F600;") == "ABC \U0001F600");
  CHECK(unescape_html("&#150;&#0;&#x110000;&#99999999999;") == "\u2013\uFFFD\uFFFD\uFFFD");
  CHECK(unescape_html("&eacute;&eacutex &rsquo;&rsquo") == "\u00e9\u00e9x \u2019&rsquo");
  CHECK(unescape_html("&; & &unknown; &#; &#x; &") == "&; & &unknown; &#; &#x; &");
}

TEST_CASE("composed and decomposed letters are one text in the hf mode", "[pipeline]") {
  CHECK(clip().encode("cafe\u0301") == clip().encode("caf\u00e9"));
  CHECK(clip(TokenizerMode::openai).encode("cafe\u0301") != clip(TokenizerMode::openai).encode("caf\u00e9"));
}

TEST_CASE("white space and case do not matter", "[pipeline]") {
  CHECK(clip().encode(" \t A\u00a0Photo\u3000of\na  CAT \r\n") == clip().encode("a photo of a cat"));
  CHECK(clip().encode("\u00c9T\u00c9") == clip().encode("\u00e9t\u00e9"));
  CHECK(clip().encode("").empty());
  CHECK(clip().encode(" \n ").empty());
}

TEST_CASE("the special tokens have their own ids", "[pipeline]") {
  CHECK(clip().encode("<|startoftext|>cat<|endoftext|>") == Ids{49406, 2368, 49407});
}

TEST_CASE("padding fills up to the context and truncation ends with EOT", "[pipeline]") {
  CHECK(clip().encode_padded("ten red apples", 7, 0) == Ids{49406, 2581, 736, 14032, 49407, 0, 0});
  CHECK(clip().encode_padded("ten red apples", 5, 49407) == Ids{49406, 2581, 736, 14032, 49407});
  CHECK(clip().encode_padded("ten red apples", 4, 0) == Ids{49406, 2581, 736, 49407});
  CHECK(clip().encode_padded("", 2, 0) == Ids{49406, 49407});
  CHECK_THROWS_WITH(clip().encode_padded("x", 1, 0), Catch::Contains("context is 1; allowed: at least 2"));
}

TEST_CASE("a smaller vocabulary splits words further and keeps ids in range", "[pipeline]") {
  const Tokenizer small(merges(), 2000);
  CHECK(small.vocabulary() == 2514);
  const auto few = small.encode("person playing handball"), many = clip().encode("person playing handball");
  CHECK(few.size() > many.size());
  for (const auto id : few) CHECK(id < small.sot());
  const Tokenizer bytes("", 0);
  CHECK(bytes.encode("ab") == Ids{64, 256 + 65});
}

TEST_CASE("every byte sequence is tokenised, UTF-8 or not", "[pipeline]") {
  std::string text;
  for (int i = 0; i < 256; ++i) text += char(i);
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  for (const auto id : clip(mode).encode(text)) CHECK((id >= 0 && id < clip().vocabulary()));
}

TEST_CASE("a very long word is merged in reasonable time", "[pipeline]") {
  CHECK(clip().encode(std::string(200'000, 'a')).size() > 1000);
}

TEST_CASE("a text of very many words is split in reasonable time", "[pipeline]") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "caf\u00e9 ";
  const auto start = std::chrono::steady_clock::now();
  CHECK(clip().encode(text).size() == 200'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("a long piece has the same ids the first time and again", "[pipeline]") {
  const std::string piece = "super" + std::string(90, 'x') + "califragilistic";
  const auto ids = clip().encode(piece);
  CHECK(ids.size() > 3);
  CHECK(clip().encode(piece) == ids);
  CHECK(clip().encode(piece + " cat").back() == 2368);
}

TEST_CASE("threads may share a tokenizer", "[pipeline]") {
  const Tokenizer shared(merges());
  const auto expected = clip().encode("a photo of a cat");
  std::vector<std::jthread> threads;
  std::atomic<int> equal = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) equal += shared.encode("a photo of a cat") == expected;
    });
  threads.clear();
  CHECK(equal == 800);
}

TEST_CASE("headers of the usual merge files are skipped", "[pipeline]") {
  for (const std::string header : {"#version: 0.2\n", "\"bpe_simple_vocab_16e6.txt#version: 0.2\n"})
    CHECK(Tokenizer(header + merges()).encode("ten red apples") == Ids{2581, 736, 14032});
}

TEST_CASE("broken merges are errors that name the line", "[pipeline]") {
  CHECK_THROWS_WITH(Tokenizer("a b\nc\n", 2), Catch::Contains("line 2 of the merges is \"c\""));
  CHECK_THROWS_WITH(Tokenizer("a b\nabc d\n", 2), Catch::Contains("line 2"));
  CHECK_THROWS_WITH(Tokenizer("a b\na b\n", 2), Catch::Contains("two known symbols that make a new one"));
  CHECK_THROWS_WITH(Tokenizer("a b\n", 2), Catch::Contains("there are 1 merges; 2 were asked for"));
  CHECK_THROWS_AS(Tokenizer("", -1), mds::ConfigError);
}
