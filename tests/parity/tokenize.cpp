// Token ids for tests/parity/tokenizer.py: `tokenize_lines MERGES MODE PAD` reads one text per line, its bytes in hex,
// and writes the ids of each text, separated by spaces, without SOT and EOT.
#include <fstream>
#include <iostream>
#include <sstream>

#include "pipeline/tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ostringstream merges;
  merges << std::ifstream(argv[1]).rdbuf();
  const auto config =
      mds::from_json<mds::TokenizerConfig>({{"mode", argv[2]}, {"pad", std::stoi(argv[3])}}, "arguments");
  const mds::Tokenizer tokenizer(merges.str(), config);
  for (std::string line; std::getline(std::cin, line);) {
    std::string text;
    for (size_t i = 0; i + 1 < line.size(); i += 2) text += char(std::stoi(line.substr(i, 2), nullptr, 16));
    for (const auto id : tokenizer.encode(text)) std::cout << id << ' ';
    std::cout << '\n';
  }
}
