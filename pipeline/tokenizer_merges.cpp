#include "pipeline/tokenizer_merges.h"

#include <array>
#include <queue>
#include <string>

#include "pipeline/tokenizer_text.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr int64_t byte_symbols = 256;

// Bytes with a printable character come first, in order; the other 68 follow, written as U+0100 and upward.
bool is_printable(int byte) { return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174; }

std::array<int64_t, 256> make_byte_ids() {
  std::array<int64_t, 256> ids{};
  int64_t next = 0;
  for (const bool printable : {true, false})
    for (int byte = 0; byte < 256; ++byte)
      if (is_printable(byte) == printable) ids[size_t(byte)] = next++;
  return ids;
}

const std::array<int64_t, 256>& byte_ids() {
  static const auto ids = make_byte_ids();
  return ids;
}

// The symbols of all bytes as the merge file writes them: alone, and at the end of a piece.
std::unordered_map<std::string, int64_t> make_symbols() {
  std::unordered_map<std::string, int64_t> symbols;
  char32_t other = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    std::string symbol;
    append_utf8(symbol, is_printable(byte) ? char32_t(byte) : other++);
    symbols[symbol] = byte_ids()[size_t(byte)];
    symbols[symbol + "</w>"] = byte_symbols + byte_ids()[size_t(byte)];
  }
  return symbols;
}

uint64_t pair_key(int64_t left, int64_t right) { return uint64_t(left) << 32 | uint64_t(right); }

bool is_header(std::string_view line) { return line.starts_with("#version") || line.starts_with("\"bpe_simple"); }

struct Symbol {
  int64_t id, previous, next;  // neighbours' indices, -1 at the ends; id -1: merged into another
};

struct Merge {
  int64_t id, left, right;  // resulting id, indices of the two symbols
  int64_t left_id, right_id;
  bool operator>(const Merge& other) const { return id != other.id ? id > other.id : left > other.left; }
};

}  // namespace

MergeTable::MergeTable(std::string_view text, int64_t merges) : merges_(merges) {
  if (merges < 0 || merges > 10'000'000)
    throw ConfigError("tokenizer: merges is " + std::to_string(merges) + "; allowed: 0 to 10000000");
  auto symbols = make_symbols();
  int64_t read = 0;
  for (size_t line_number = 1; read < merges && !text.empty(); ++line_number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line_number == 1 && is_header(line)) continue;
    const auto space = line.find(' ');
    const auto left = symbols.find(std::string(line.substr(0, space)));
    const auto right =
        space == std::string_view::npos ? symbols.end() : symbols.find(std::string(line.substr(space + 1)));
    const int64_t id = 2 * byte_symbols + read;
    if (left == symbols.end() || right == symbols.end() || !symbols.emplace(left->first + right->first, id).second)
      throw ConfigError("tokenizer: line " + std::to_string(line_number) + " of the merges is \"" +
                        std::string(line.substr(0, 60)) + "\"; expected two known symbols that make a new one");
    merged_[pair_key(left->second, right->second)] = id;
    ++read;
  }
  if (read < merges)
    throw ConfigError("tokenizer: there are " + std::to_string(read) + " merges; " + std::to_string(merges) +
                      " were asked for");
}

// A heap of candidate pairs over a linked list: long words cost n log n. An entry is stale if its symbols have changed.
std::vector<int64_t> MergeTable::apply(std::string_view piece) const {
  std::vector<Symbol> symbols;
  for (size_t i = 0; i < piece.size(); ++i) {
    const int64_t at = int64_t(i), last = int64_t(piece.size()) - 1;
    symbols.push_back({byte_ids()[static_cast<unsigned char>(piece[i])] + (at == last ? byte_symbols : 0), at - 1,
                       at == last ? -1 : at + 1});
  }
  std::priority_queue<Merge, std::vector<Merge>, std::greater<>> queue;
  const auto offer = [&](int64_t left, int64_t right) {
    if (left < 0 || right < 0) return;
    const int64_t left_id = symbols[size_t(left)].id, right_id = symbols[size_t(right)].id;
    if (const auto it = merged_.find(pair_key(left_id, right_id)); it != merged_.end())
      queue.push({it->second, left, right, left_id, right_id});
  };
  for (int64_t i = 0; i + 1 < int64_t(symbols.size()); ++i) offer(i, i + 1);
  while (!queue.empty()) {
    const Merge merge = queue.top();
    queue.pop();
    auto &left = symbols[size_t(merge.left)], &right = symbols[size_t(merge.right)];
    if (left.id != merge.left_id || right.id != merge.right_id || left.next != merge.right) continue;
    left = {merge.id, left.previous, right.next};
    if (right.next >= 0) symbols[size_t(right.next)].previous = merge.left;
    right.id = -1;
    offer(left.previous, merge.left);
    offer(merge.left, left.next);
  }
  std::vector<int64_t> ids;
  for (const auto& symbol : symbols)
    if (symbol.id >= 0) ids.push_back(symbol.id);
  return ids;
}

}  // namespace mds
