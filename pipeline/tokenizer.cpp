#include "pipeline/tokenizer.h"

#include <mutex>
#include <unordered_map>

#include "pipeline/tokenizer_merges.h"
#include "pipeline/tokenizer_text.h"
#include "spec/error.h"

namespace mds {
namespace {

void require_context(int64_t context) {
  if (context < 2) throw ConfigError("tokenizer: context is " + std::to_string(context) + "; allowed: at least 2");
}

// The first `bytes` of UTF-8, or a few less to keep a character whole, followed by dots for the rest.
std::string shortened(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while ((text[bytes] & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes) + "...";
}

}  // namespace

std::string to_string(const Truncation& truncation) {
  return std::to_string(truncation.tokens) + " tokens long; kept the first " + std::to_string(truncation.kept) +
         ", cut: \"" + shortened(truncation.cut, 200) + "\"";
}

struct Tokenizer::State {
  static constexpr size_t max_cached = 100'000;       // words
  static constexpr size_t longest_cached_bytes = 64;  // longer ones are rarely repeated

  MergeTable table;
  TokenizerConfig config;
  Splitter splitter;
  std::mutex mutex;
  std::unordered_map<std::string, std::vector<int64_t>> cache;

  bool has_special_pad() const { return config.mode == TokenizerMode::hf && config.pad == 0; }

  void reset() {
    cache = {{"<|startoftext|>", {512 + table.size()}}, {"<|endoftext|>", {513 + table.size()}}};
    if (has_special_pad()) cache["!"] = {0};
  }

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

Tokenizer::Tokenizer(std::string_view merges_text, const TokenizerConfig& config)
    : state_(new State{.table = MergeTable(merges_text, config.merges),
                       .config = config,
                       .splitter = Splitter(config.mode, config.pad == 0),
                       .mutex = {},
                       .cache = {}}) {
  state_->reset();
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

int64_t Tokenizer::sot() const { return 512 + state_->table.size(); }

std::vector<int64_t> Tokenizer::encode(std::string_view text) const {
  const std::string normal = normalise(text, state_->config.mode);
  std::vector<int64_t> ids;
  for (const auto piece : state_->splitter.split(normal)) state_->append(std::string(piece), ids);
  return ids;
}

std::vector<int64_t> Tokenizer::encode_padded(std::string_view text, int64_t context) const {
  require_context(context);
  std::vector<int64_t> ids = encode(text);
  ids.insert(ids.begin(), sot());
  if (int64_t(ids.size()) >= context) ids.resize(size_t(context - 1));
  ids.push_back(eot());
  ids.resize(size_t(context), state_->config.pad < 0 ? eot() : state_->config.pad);
  return ids;
}

std::optional<Truncation> Tokenizer::truncation(std::string_view text, int64_t context) const {
  require_context(context);
  const std::string normal = normalise(text, state_->config.mode);
  Truncation result{.tokens = 0, .kept = context - 2, .cut = {}};
  std::vector<int64_t> ids;
  for (const auto piece : state_->splitter.split(normal)) {
    state_->append(std::string(piece), ids);
    if (int64_t(ids.size()) > result.kept && result.cut.empty())
      result.cut = normal.substr(size_t(piece.data() - normal.data()));
  }
  result.tokens = int64_t(ids.size());
  if (result.cut.empty()) return std::nullopt;
  return result;
}

}  // namespace mds
