// Passes mutated safetensors files to the header reader: each must be read or refused with a FileError, without a
// crash, a hang or more memory than promised. `fuzz_safetensors [RUNS [SEED]]` writes a failing input to a file.
// LLVMFuzzerTestOneInput is libFuzzer's entry: compile with -DMDSEARCH_LIBFUZZER -fsanitize=fuzzer (clang).
#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <new>
#include <random>

#include "pipeline/safetensors.h"

namespace {

std::atomic<size_t> live_bytes{0}, peak_bytes{0};

void* counted(size_t size) {
  void* const memory = std::malloc(size ? size : 1);
  if (!memory) throw std::bad_alloc();
  live_bytes += ::malloc_usable_size(memory);
  if (live_bytes > peak_bytes) peak_bytes = live_bytes.load();
  return memory;
}

void uncounted(void* memory) {
  if (!memory) return;
  live_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete[](void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, size_t) noexcept { uncounted(memory); }
void operator delete[](void* memory, size_t) noexcept { uncounted(memory); }

namespace {

using namespace mds;

constexpr size_t most_bytes_a_header_byte = 8, most_fixed_bytes = 256 * 1024;

enum class Outcome { read, refused };

[[noreturn]] void report(std::string_view input, const std::string& what) {
  std::ofstream("fuzz_safetensors.failed", std::ios::binary) << input;
  std::cerr << "fuzz_safetensors: " << what << "; the input is in fuzz_safetensors.failed\n";
  std::abort();
}

// What users of the reader rely on: the tensors fill the data in order, each with the size of its shape.
void check(const SafetensorsHeader& header, std::string_view input) {
  uint64_t at = 0;
  for (const auto& entry : header.tensors) {
    uint64_t bytes = bytes_each(entry.type);
    for (const auto side : entry.shape) {
      if (side < 0) report(input, "a side is negative");
      bytes *= uint64_t(side);
    }
    if (entry.begin != at || entry.end - entry.begin != bytes) report(input, "a tensor is not where its shape says");
    at = entry.end;
  }
  if (header.data_begin + at != input.size()) report(input, "the tensors do not fill the file");
}

Outcome run(std::string_view input) {
  const size_t before = live_bytes;
  peak_bytes = before;
  Outcome outcome = Outcome::read;
  try {
    check(parse_safetensors(input, "fuzz"), input);
  } catch (const FileError&) {
    outcome = Outcome::refused;
  }
  if (peak_bytes - before > most_bytes_a_header_byte * input.size() + most_fixed_bytes)
    report(input,
           "held " + std::to_string(peak_bytes - before) + " bytes for a file of " + std::to_string(input.size()));
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run({reinterpret_cast<const char*>(data), size});
  return 0;
}

#ifndef MDSEARCH_LIBFUZZER
namespace {

// std::uniform_int_distribution may differ between libraries; this one does not.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  size_t below(size_t n) { return size_t(engine_() % n); }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

std::string with_length(uint64_t length, const std::string& rest) {
  return std::string(reinterpret_cast<const char*>(&length), 8) + rest;
}

// A valid file: up to eight tensors of random types and shapes, with metadata.
std::string sound_file(Random& random) {
  Json header = Json::object();
  uint64_t at = 0;
  for (size_t i = 0, n = random.below(9); i < n; ++i) {
    const auto type = DataType(random.below(EnumNames<DataType>::names.size()));
    std::vector<uint64_t> shape(random.below(5));
    uint64_t bytes = bytes_each(type);
    for (auto& side : shape) bytes *= side = random.below(4);
    header["layer." + std::to_string(i) + ".weight"] = {
        {"dtype", name_of(type)}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  if (random.below(2)) header["__metadata__"] = {{"format", "pt"}, {"name", "\"\xc3\xa9\\u0000"}};
  const std::string text = header.dump(random.below(2) ? -1 : 1) + std::string(random.below(8), ' ');
  return with_length(text.size(), text + std::string(at, 'd'));
}

const std::string_view fragments[] = {"\"",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      ",",
                                      ":",
                                      "-1",
                                      "0",
                                      "1e9",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "null",
                                      "true",
                                      "\"shape\":",
                                      "\"dtype\":",
                                      "\"data_offsets\":",
                                      "\"__metadata__\":",
                                      "[0,0]",
                                      "[4294967296,4294967296]",
                                      "\"F32\"",
                                      "\"F8\"",
                                      "\\u0000",
                                      "\\ud800",
                                      "\xff",
                                      "\xc3",
                                      "\xf0\x9f\x98\x80",
                                      "[[[[[[[[[[[[[[[[",
                                      "{\"a\":{\"a\":{\"a\":",
                                      "\"layer.0.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"};
const uint64_t lengths[] = {0, 1, 7, 8, 1000, 100'000'000, 100'000'001, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull};

// One mutation: bytes overwritten, removed, inserted or doubled, a number replaced, or the length field changed.
void mutate(std::string& file, Random& random) {
  const size_t place = random.below(file.size() + 1), count = std::min(file.size() - place, 1 + random.below(16));
  switch (random.below(8)) {
    case 0:
      if (place < file.size()) file[place] = char(random.below(256));
      return;
    case 1:
      if (place < file.size()) file[place] ^= char(1 << random.below(8));
      return;
    case 2:
      file.erase(place, count);
      return;
    case 3:
      file.insert(place, random.one_of(fragments));
      return;
    case 4:
      file.replace(place, count, random.one_of(fragments));
      return;
    case 5:
      file.insert(random.below(file.size() + 1), file.substr(place, 1 + random.below(64)));
      return;
    case 6:
      file.resize(place);
      return;
    default:
      if (file.size() >= 8) file = with_length(random.one_of(lengths), file.substr(8));
      return;
  }
}

// Makes the length field match the changed header, so that most changes reach the JSON reader.
void fit_length(std::string& file, size_t data_bytes) {
  if (file.size() >= 8 + data_bytes) file = with_length(file.size() - 8 - data_bytes, file.substr(8));
}

// Headers that are large rather than malformed: they try to make the reader use much memory for few bytes.
void run_large_headers() {
  const size_t size = 4'000'000;
  std::string many = "{", escaped = "{\"";
  for (size_t i = 0; many.size() < size; ++i)
    many += "\"" + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,0]},";
  while (escaped.size() < size) escaped += "\\u00e9";
  for (const std::string& header : {many, escaped + "\":", "{\"" + std::string(size, 'a') + "\":1}",
                                    "{\"a\":{\"shape\":" + std::string(size, '['), std::string(size, ' ')})
    run(with_length(header.size(), header));
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  uint64_t read = 0;
  for (uint64_t i = 0; i < runs; ++i) {
    std::string file = sound_file(random);
    uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    const size_t data_bytes = file.size() - 8 - length;
    if (run(file) != Outcome::read) report(file, "a sound file was refused");
    for (size_t n = 1 + random.below(4); n > 0; --n) mutate(file, random);
    if (random.below(4)) fit_length(file, data_bytes);
    read += run(file) == Outcome::read;
  }
  run_large_headers();
  std::cout << runs << " mutated headers: " << read << " read, " << runs - read << " refused\n";
  return 0;
}
#endif
