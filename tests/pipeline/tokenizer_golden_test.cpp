// Compares with ids from the reference tokenizers, written by tests/parity/tokenizer.py.
#include <fstream>
#include <sstream>

#include "pipeline/tokenizer.h"
#include "tests/catch.h"

namespace {

std::string contents(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(MDS_SOURCE_DIR "/" + file).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("every golden text has the ids of its reference", "[pipeline]") {
  const std::string merges = contents("weights/clip-bpe/merges.txt");
  const mds::Json goldens = mds::load_json(MDS_SOURCE_DIR "/tests/data/tokenizer-goldens.json");
  for (const std::string mode : {"hf", "openai"}) {
    const mds::Tokenizer tokenizer(merges, mds::from_json<mds::TokenizerConfig>({{"mode", mode}}, mode));
    CHECK(goldens.size() > 200);
    for (const auto& golden : goldens) {
      INFO(mode + ": " + golden["text"].dump());
      CHECK(mds::Json(tokenizer.encode(golden["text"].get<std::string>())) == golden[mode]);
    }
  }
}
