#include "pipeline/safetensors.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <tuple>

namespace mds {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are read and written as they lie in memory");

constexpr std::array<uint64_t, EnumNames<DataType>::names.size()> type_bytes = {8, 4, 2, 2, 8, 4, 2, 1,
                                                                                1, 1, 8, 4, 2, 1, 1};

// A parser for the JSON of a header, from its first byte to its last.
class HeaderReader {
 public:
  HeaderReader(std::string_view file, uint64_t length, const std::string& source)
      : file_(file.substr(0, 8 + length)), data_bytes_(file.size() - 8 - length), source_(source) {
    header_.data_begin = 8 + length;
  }

  SafetensorsHeader read() {
    read_object([&](std::string name) {
      if (name == "__metadata__") return read_metadata();
      read_tensor(std::move(name));
    });
    peek();
    if (at_ != file_.size()) fail("the header goes on behind its end; is not JSON");
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FileError(source_ + ": offset " + std::to_string(at_) + ": " + why);
  }
  [[noreturn]] void fail_at(size_t offset, const std::string& why) {
    at_ = offset;
    fail(why);
  }

  // The next byte that is not white space; 0 at the end.
  char peek() {
    at_ = std::min(file_.find_first_not_of(" \t\r\n", at_), file_.size());
    return at_ < file_.size() ? file_[at_] : '\0';
  }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    peek();
    if (!file_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("the header is not what safetensors have here: expected '") + wanted + "'");
  }

  std::string read_text() {
    expect('"');
    const size_t begin = at_;
    bool plain = true;
    for (; at_ < file_.size() && file_[at_] != '"'; ++at_) {
      const auto byte = static_cast<unsigned char>(file_[at_]);
      plain &= byte >= 0x20 && byte < 0x80 && byte != '\\';
      if (byte == '\\') ++at_;
    }
    if (at_ >= file_.size()) fail_at(begin, "a text of the header has no end");
    const std::string_view text = file_.substr(begin, at_ - begin);
    ++at_;
    if (plain) return std::string(text);
    const Json json = json_or_null(file_.substr(begin - 1, text.size() + 2), most_header_bytes);
    if (!json.is_string()) fail_at(begin, "a text of the header is not UTF-8, or not JSON");
    return json.get<std::string>();
  }

  uint64_t read_number(const char* what) {
    peek();
    const char *const begin = file_.data() + at_, *const limit = file_.data() + file_.size();
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(begin, limit, value);
    if (error == std::errc::result_out_of_range) fail(std::string(what) + " is larger than 2^64");
    const bool is_fraction = end != limit && (*end == '.' || *end == 'e' || *end == 'E');
    if (error != std::errc() || is_fraction || (*begin == '0' && end != begin + 1))
      fail(std::string(what) + " is not a whole number");
    at_ = size_t(end - file_.data());
    return value;
  }

  // {"key": <entry(key)>, ...}
  template <class Entry>
  void read_object(Entry&& entry) {
    expect('{');
    if (take('}')) return;
    do {
      std::string key = read_text();
      expect(':');
      entry(std::move(key));
    } while (take(','));
    expect('}');
  }

  void read_metadata() {
    if (has_metadata_) fail("the key \"__metadata__\" is there twice");
    has_metadata_ = true;
    if (take_word("null")) return;
    if (peek() != '{') fail("the header's __metadata__ is not an object");
    read_object([&](std::string key) {
      if (peek() != '"') fail("the metadata " + shown(key) + " is not a text");
      if (header_.metadata.size() == most_metadata)
        fail("holds more metadata than " + std::to_string(most_metadata) + " texts");
      const size_t offset = at_;
      if (!header_.metadata.emplace(key, read_text()).second)
        fail_at(offset, "the metadata " + shown(key) + " is there twice");
    });
  }

  template <class Take>
  void read_numbers(const char* what, size_t most, Take&& take_number) {
    if (!take('[')) fail(std::string(what) + " is not a list of whole numbers");
    if (take(']')) return;
    size_t count = 0;
    do {
      if (count++ == most) fail(std::string(what) + " holds more than " + std::to_string(most) + " numbers");
      take_number(read_number(what));
    } while (take(','));
    expect(']');
  }

  void read_tensor(std::string name) {
    const size_t offset = at_;
    TensorEntry& entry = header_.tensors.emplace_back();
    entry.name = std::move(name);
    const std::string tensor = "tensor " + shown(entry.name);
    std::vector<uint64_t> offsets;
    std::array<bool, 3> seen{};
    if (peek() != '{') fail(tensor + " is not an object");
    read_object([&](const std::string& key) {
      const size_t index = key == "dtype" ? 0 : key == "shape" ? 1 : key == "data_offsets" ? 2 : 3;
      if (index == 3 || seen[index])
        fail(tensor + " has the key " + shown(key) + "; expected once each: dtype, shape, data_offsets");
      seen[index] = true;
      if (index == 0) entry.type = read_type(tensor);
      if (index == 1)
        read_numbers("its shape", most_dimensions, [&](uint64_t n) {
          if (n > most_bytes) fail(tensor + larger_than_file());
          entry.shape.push_back(int64_t(n));
        });
      if (index == 2) read_numbers("its data_offsets", 2, [&](uint64_t n) { offsets.push_back(n); });
    });
    if (!(seen[0] && seen[1] && seen[2])) fail_at(offset, tensor + " lacks dtype, shape or data_offsets");
    if (offsets.size() != 2) fail_at(offset, tensor + " has data_offsets that are not begin and end");
    entry.begin = offsets[0];
    entry.end = offsets[1];
    const uint64_t bytes = bytes_of(entry, tensor, offset);
    if (entry.begin > entry.end || entry.end > data_bytes_ || entry.end - entry.begin != bytes)
      fail_at(offset, tensor + " occupies bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) +
                          ", its shape needs " + std::to_string(bytes) + " and the file holds " +
                          std::to_string(data_bytes_) + "; the file is truncated or damaged");
  }

  DataType read_type(const std::string& tensor) {
    if (peek() != '"') fail(tensor + " has a dtype that is not a text");
    const size_t offset = at_;
    const std::string name = read_text();
    std::string valid;
    for (size_t i = 0; i < EnumNames<DataType>::names.size(); ++i) {
      if (name == EnumNames<DataType>::names[i]) return DataType(i);
      valid += (i ? ", " : "") + std::string(EnumNames<DataType>::names[i]);
    }
    fail_at(offset, tensor + " has dtype " + shown(name) + "; allowed: " + valid);
  }

  std::string larger_than_file() const {
    return ": its shape is larger than the file's " + std::to_string(data_bytes_) + " bytes of data";
  }

  // Zero for a tensor that has a side of zero; the product of its other sides must not overflow either.
  uint64_t bytes_of(const TensorEntry& entry, const std::string& tensor, size_t offset) {
    uint64_t bytes = bytes_each(entry.type);
    bool is_empty = false;
    for (const auto side : entry.shape) {
      if (side != 0 && bytes > most_bytes / uint64_t(side)) fail_at(offset, tensor + larger_than_file());
      bytes *= side != 0 ? uint64_t(side) : 1;
      is_empty |= side == 0;
    }
    if (!is_empty && bytes > data_bytes_) fail_at(offset, tensor + larger_than_file());
    return is_empty ? 0 : bytes;
  }

  static constexpr uint64_t most_bytes = std::numeric_limits<int64_t>::max();
  const std::string_view file_;  // up to the header's end
  const uint64_t data_bytes_;
  const std::string& source_;
  size_t at_ = 8;
  bool has_metadata_ = false;
  SafetensorsHeader header_;
};

void check_names(std::deque<TensorEntry>& tensors, const std::string& source) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& x, const auto& y) { return x.name < y.name; });
  const auto twice =
      std::adjacent_find(tensors.begin(), tensors.end(), [](const auto& x, const auto& y) { return x.name == y.name; });
  if (twice != tensors.end())
    throw FileError(source + ": offset 8: the header has tensor " + shown(twice->name) + " twice");
}

void check_layout(std::deque<TensorEntry>& tensors, uint64_t data_bytes, const std::string& source) {
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& x, const auto& y) { return std::tie(x.begin, x.end) < std::tie(y.begin, y.end); });
  uint64_t at = 0;
  for (const auto& entry : tensors) {
    if (entry.begin != at)
      throw FileError(source + ": tensor " + shown(entry.name) + " begins at byte " + std::to_string(entry.begin) +
                      " of the data, expected " + std::to_string(at) + ", where the one before it ends");
    at = entry.end;
  }
  if (at != data_bytes)
    throw FileError(source + ": its tensors end at byte " + std::to_string(at) + " of the data, the file holds " +
                    std::to_string(data_bytes));
}

}  // namespace

uint64_t bytes_each(DataType type) { return type_bytes[size_t(type)]; }

SafetensorsHeader parse_safetensors(std::string_view bytes, const std::string& source) {
  if (bytes.size() < 8)
    throw FileError(source + ": is " + std::to_string(bytes.size()) + " bytes; a safetensors file has at least 8");
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("\x80\x02\x8a"))
    throw FileError(source + ": is a pickle of PyTorch, which is not read because it may hold programs; convert it: " +
                    "scripts/pickle_to_safetensors.py " + source + " OUT.safetensors");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  const uint64_t behind = bytes.size() - 8;
  if (length > behind)
    throw FileError(source + ": offset 0: the header claims " + std::to_string(length) + " bytes, the file holds " +
                    std::to_string(behind) + " behind it; it is truncated or no safetensors file");
  if (length > most_header_bytes)
    throw FileError(source + ": offset 0: the header claims " + std::to_string(length) + " bytes; allowed: at most " +
                    std::to_string(most_header_bytes));
  SafetensorsHeader header = HeaderReader(bytes, length, source).read();
  check_names(header.tensors, source);
  check_layout(header.tensors, behind - length, source);
  return header;
}

}  // namespace mds
