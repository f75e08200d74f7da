#include "pipeline/tokenizer.h"

#include <fstream>
#include <sstream>
#include <thread>

#include "pipeline/tokenizer_text.h"
#include "spec/error.h"
#include "tests/catch.h"

namespace {

using Ids = std::vector<int64_t>;
using Catch::Contains;
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
  static const Tokenizer hf(merges()), openai(merges(), {.mode = TokenizerMode::openai});
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
  CHECK(unescape_html("&AMP &TRADE;&TRADE &apos;&apos") == "& \u2122&TRADE '&apos");
  CHECK(unescape_html("&; & &unknown; &#; &#x; &") == "&; & &unknown; &#; &#x; &");
}

TEST_CASE("composed and decomposed letters are one text", "[pipeline]") {
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  CHECK(clip(mode).encode("cafe\u0301") == clip(mode).encode("caf\u00e9"));
}

TEST_CASE("white space and case do not matter", "[pipeline]") {
  CHECK(clip().encode(" \t A\u00a0Photo\u3000of\na  CAT \r\n") == clip().encode("a photo of a cat"));
  CHECK(clip().encode("\u00c9T\u00c9") == clip().encode("\u00e9t\u00e9"));
  CHECK(clip().encode("").empty());
  CHECK(clip().encode(" \n ").empty());
}

TEST_CASE("the special tokens have their own ids", "[pipeline]") {
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  CHECK(clip(mode).encode("<|startoftext|>cat<|endoftext|>") == Ids{49406, 2368, 49407});
  CHECK(clip(mode).encode("<|EndOfText|>") == Ids{49407});
  CHECK((clip(mode).encode("wow!<|endoftext|>").back() == 49407) == (mode == TokenizerMode::hf));
}

TEST_CASE("the pad 0 makes an exclamation mark a special token in the hf mode only", "[pipeline]") {
  const Tokenizer hf(merges(), {.pad = 0}), openai(merges(), {.pad = 0, .mode = TokenizerMode::openai});
  CHECK(hf.encode("hi!! you!") == Ids{1883, 0, 0, 592, 0});
  CHECK(openai.encode("hi!! you!") == clip().encode("hi!! you!"));
}

TEST_CASE("padding fills up to the context and truncation ends with EOT", "[pipeline]") {
  const Tokenizer zeros(merges(), {.pad = 0});
  CHECK(zeros.encode_padded("ten red apples", 7) == Ids{49406, 2581, 736, 14032, 49407, 0, 0});
  CHECK(clip().encode_padded("ten red apples", 7) == Ids{49406, 2581, 736, 14032, 49407, 49407, 49407});
  CHECK(clip().encode_padded("ten red apples", 5) == Ids{49406, 2581, 736, 14032, 49407});
  CHECK(zeros.encode_padded("ten red apples", 4) == Ids{49406, 2581, 736, 49407});
  CHECK(clip().encode_padded("", 2) == Ids{49406, 49407});
  CHECK_THROWS_WITH(clip().encode_padded("x", 1), Contains("context is 1; allowed: at least 2"));
}

TEST_CASE("truncation names what a text loses", "[pipeline]") {
  CHECK_FALSE(clip().truncation("ten red apples", 5));
  CHECK_FALSE(clip().truncation("", 2));
  const auto loss = clip().truncation("Ten red APPLES", 4);
  REQUIRE(loss);
  CHECK(loss->cut == "apples");
  CHECK(to_string(*loss) == "3 tokens long; kept the first 2, cut: \"apples\"");
  CHECK_THROWS_WITH(clip().truncation("x", 1), Contains("context is 1; allowed: at least 2"));
}

TEST_CASE("a word that is kept in part counts as cut", "[pipeline]") {
  const std::string word(100, 'x');
  REQUIRE(clip().encode(word).size() > 2);
  CHECK(clip().truncation("red " + word + " cat", 5)->cut == word + " cat");
}

TEST_CASE("a long cut is shortened between characters", "[pipeline]") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "\u65e5";
  const auto line = to_string(*clip().truncation(text, 77));
  CHECK(line.size() < 300);
  CHECK_THAT(line, Contains("\u65e5...\""));
}

TEST_CASE("a smaller vocabulary splits words further and keeps ids in range", "[pipeline]") {
  const Tokenizer small(merges(), {.merges = 2000});
  CHECK(small.vocabulary() == 2514);
  const auto few = small.encode("person playing handball"), many = clip().encode("person playing handball");
  CHECK(few.size() > many.size());
  for (const auto id : few) CHECK(id < small.sot());
  const Tokenizer bytes("", {.merges = 0});
  CHECK(bytes.encode("ab") == Ids{64, 256 + 65});
}

TEST_CASE("every byte sequence is tokenised, UTF-8 or not", "[pipeline]") {
  std::string text;
  for (int i = 0; i < 256; ++i) text += char(i);
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  for (const auto id : clip(mode).encode(text)) CHECK((id >= 0 && id < clip().vocabulary()));
}

TEST_CASE("a megabyte of any text is tokenised", "[pipeline]") {
  const auto repeated = [](const std::string& unit) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    return text;
  };
  const auto mode = GENERATE(TokenizerMode::hf, TokenizerMode::openai);
  for (const std::string unit :
       {"a", "the", "7", "!", "<|", "'", "caf\u00e9 ", "\u0301", "\xff", "&#38;", "\n", "\x1b[1"}) {
    INFO(unit);
    CHECK(clip(mode).encode(repeated(unit)).size() < 3'100'000);
  }
  CHECK(clip(mode).encode(repeated("caf\u00e9 ")).size() == 166'667);
}

TEST_CASE("character references in each other are replaced up to a limit", "[pipeline]") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "&#4";
  CHECK_FALSE(clip(TokenizerMode::openai).encode("&" + text + "&#56;" + std::string(100'000, ';')).empty());
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
  CHECK_THROWS_WITH(Tokenizer("a b\nc\n", {.merges = 2}), Contains("line 2 of the merges is \"c\""));
  CHECK_THROWS_WITH(Tokenizer("a b\nabc d\n", {.merges = 2}), Contains("line 2"));
  CHECK_THROWS_WITH(Tokenizer("a b\na b\n", {.merges = 2}), Contains("two known symbols that make a new one"));
  CHECK_THROWS_WITH(Tokenizer("a b\n", {.merges = 2}), Contains("there are 1 merges; 2 were asked for"));
  CHECK_THROWS_AS(Tokenizer("", {.merges = -1}), mds::ConfigError);
}
