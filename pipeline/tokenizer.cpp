#include "pipeline/tokenizer.h"

#include <mutex>
#include <unordered_map>

#include "pipeline/tokenizer_merges.h"
#include "pipeline/tokenizer_text.h"
#include "spec/error.h"

namespace mds {

struct Tokenizer::State {
  static constexpr size_t max_cached = 100'000;       // words
  static constexpr size_t longest_cached_bytes = 64;  // longer ones hardly come twice

  MergeTable table;
  TokenizerMode mode;
  Splitter splitter;
  std::mutex mutex;
  std::unordered_map<std::string, std::vector<int64_t>> cache;

  void reset() { cache = {{"<|startoftext|>", {512 + table.size()}}, {"<|endoftext|>", {513 + table.size()}}}; }

  void append(const std::string& piece, std::vector<int64_t>& ids) {
    if (piece.size() > longest_cached_bytes) {
      const auto own = table.apply(piece);
      return void(ids.insert(ids.end(), own.begin(), own.end()));
    }
    const std::scoped_lock lock(mutex);
    auto it = cache.find(piece);
    if (it == cache.end()) {
      if (cache.size() >= max_cached) reset();
      it = cache.emplace(piece, table.apply(piece)).first;
    }
    ids.insert(ids.end(), it->second.begin(), it->second.end());
  }
};

Tokenizer::Tokenizer(std::string_view merges_text, int64_t merges, TokenizerMode mode)
    : state_(
          new State{.table = MergeTable(merges_text, merges), .mode = mode, .splitter = {}, .mutex = {}, .cache = {}}) {
  state_->reset();
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

int64_t Tokenizer::sot() const { return 512 + state_->table.size(); }

std::vector<int64_t> Tokenizer::encode(std::string_view text) const {
  const std::string normal = normalise(text, state_->mode);
  std::vector<int64_t> ids;
  for (const auto piece : state_->splitter.split(normal)) state_->append(std::string(piece), ids);
  return ids;
}

std::vector<int64_t> Tokenizer::encode_padded(std::string_view text, int64_t context, int64_t pad) const {
  if (context < 2) throw ConfigError("tokenizer: context is " + std::to_string(context) + "; allowed: at least 2");
  std::vector<int64_t> ids = encode(text);
  ids.insert(ids.begin(), sot());
  if (int64_t(ids.size()) >= context) ids.resize(size_t(context - 1));
  ids.push_back(eot());
  ids.resize(size_t(context), pad);
  return ids;
}

}  // namespace mds
