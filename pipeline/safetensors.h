// The header of a safetensors file: 8 bytes of little-endian length, then that much JSON, then raw tensors.
//   {"__metadata__": {key: text} or null, NAME: {"dtype": "F16", "shape": [n, ...], "data_offsets": [begin, end]}, ...}
// Independent of LibTorch. It parses only this grammar and not any JSON: a general tree of a malicious header would
// take many times its size, and errors could not name a byte offset.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/describe.h"

namespace mds {

enum class DataType : uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean, u64, u32, u16, f8_e4m3, f8_e5m2 };
template <>
struct EnumNames<DataType> {
  static constexpr std::array names{"F64", "F32",  "F16", "BF16", "I64", "I32",     "I16",    "I8",
                                    "U8",  "BOOL", "U64", "U32",  "U16", "F8_E4M3", "F8_E5M2"};
};
uint64_t bytes_each(DataType type);

struct TensorEntry {
  std::string name;
  DataType type = DataType::f32;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::deque<TensorEntry> tensors;  // in the order of their data, without overlaps or gaps
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;  // bytes, counted from the beginning of the file
};

constexpr uint64_t most_header_bytes = 100'000'000;  // safetensors' own limit
constexpr size_t most_metadata = 1024;
constexpr size_t most_dimensions = 8;

// `bytes` is the whole file; only its header is read. FileError begins with `source` and says the offset, the value and
// the limit. Allocates at most eight times the header's size, independent of the sizes that the header claims.
SafetensorsHeader parse_safetensors(std::string_view bytes, const std::string& source);

}  // namespace mds
