// The header of safetensors files: damaged, wrong and hostile headers are refused with the offset, the value and the
// limit, before memory is allocated by their numbers.
#include "pipeline/safetensors.h"

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

// A file with this header and so many bytes of data.
std::string file_of(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\0');
}

SafetensorsHeader parsed(const std::string& header, size_t data_bytes) {
  return parse_safetensors(file_of(header, data_bytes), "a.safetensors");
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":"F32","shape":)" + shape + ",\"data_offsets\":" + offsets + "}";
}

void check_refused(const std::string& file, const std::string& why) {
  INFO(file.substr(0, 200));
  CHECK_THROWS_AS(parse_safetensors(file, "a.safetensors"), FileError);
  CHECK_THROWS_WITH(parse_safetensors(file, "a.safetensors"), Contains("a.safetensors: ") && Contains(why));
}

void check_refused(const std::string& header, size_t data_bytes, const std::string& why) {
  check_refused(file_of(header, data_bytes), why);
}

}  // namespace

TEST_CASE("a header tells names, types, shapes, ranges and metadata", "[pipeline]") {
  const auto header = parsed(" {\"b\" : {\"shape\":[2, 3],\"data_offsets\":[4,16],\"dtype\":\"F16\"},\n" +
                                 entry("a\\u00e9\\\"", "[]", "[0,4]") + R"(,"__metadata__":{"k":"v \"w\""}}  )",
                             16);
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.tensors[0].name == "a\xc3\xa9\"");
  CHECK(header.tensors[0].shape.empty());
  CHECK(header.tensors[1].name == "b");
  CHECK(header.tensors[1].type == DataType::f16);
  CHECK(header.tensors[1].shape == std::vector<int64_t>{2, 3});
  CHECK(header.tensors[1].begin == 4);
  CHECK(header.metadata.at("k") == "v \"w\"");
  CHECK(parsed("{}", 0).tensors.empty());
}

TEST_CASE("tensors with a side of zero hold no bytes, whatever their other sides", "[pipeline]") {
  const auto header = parsed("{" + entry("a", "[0,5]", "[0,0]") + "," + entry("b", "[7,0]", "[0,0]") + "}", 0);
  CHECK(header.tensors.size() == 2);
  check_refused("{" + entry("w", "[0,4294967296,4294967296]", "[0,0]") + "}", 4, "its shape is larger than");
  check_refused("{" + entry("w", "[0]", "[0,4]") + "}", 4, "its shape needs 0");
}

TEST_CASE("a file of a few bytes is refused", "[pipeline]") {
  const size_t size = GENERATE(0, 1, 7);
  check_refused(std::string(size, 'x'), "is " + std::to_string(size) + " bytes; a safetensors file has at least 8");
}

TEST_CASE("a header longer than the file, or than safetensors allow, is refused before it is read", "[pipeline]") {
  const uint64_t length = GENERATE(uint64_t(100), uint64_t(1) << 40, uint64_t(1) << 63, ~uint64_t(0));
  check_refused(std::string(reinterpret_cast<const char*>(&length), 8) + "{}",
                "offset 0: the header claims " + std::to_string(length) + " bytes, the file holds 2");
}

TEST_CASE("a header over 100 MB is refused", "[pipeline]") {
  check_refused(file_of(std::string(100'000'001, ' '), 0), "claims 100000001 bytes; allowed: at most 100000000");
}

TEST_CASE("a header that is no JSON object is refused at its offset", "[pipeline]") {
  for (const std::string header : {"", "garbage", "[1,2]", "{\"w\":", "\xff\xfe", "null", "{\"w\"", "{\"w"})
    check_refused(header, 4, "offset ");
  check_refused("{}x", 0, "offset 10: the header goes on behind its end");
  check_refused("{}{}", 0, "offset 10: the header goes on");
  check_refused("{" + entry("w", "[1]", "[0,4]") + ",}", 4, "expected '\"'");
}

TEST_CASE("deep JSON costs nothing, as only the keys of safetensors are read", "[pipeline]") {
  const std::string deep(100'000, '[');
  check_refused(deep, 4, "offset 8: ");
  check_refused("{\"w\":" + deep + "}", 4, "offset 13: tensor \"w\" is not an object");
  check_refused("{\"__metadata__\":{\"key\":" + deep + "}}", 4, "the metadata \"key\" is not a text");
  check_refused("{" + entry("w", deep, "[0,4]") + "}", 4, "its shape is not a whole number");
}

TEST_CASE("keys that are there twice are refused, escaped or not", "[pipeline]") {
  check_refused("{" + entry("w", "[1]", "[0,4]") + "," + entry("w", "[1]", "[4,8]") + "}", 8,
                "the header has tensor \"w\" twice");
  check_refused("{" + entry("w", "[1]", "[0,4]") + "," + entry("\\u0077", "[1]", "[4,8]") + "}", 8, "twice");
  check_refused(R"({"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "has the key \"dtype\"");
  check_refused(R"({"__metadata__":{},"__metadata__":{}})", 0, "\"__metadata__\" is there twice");
  check_refused(R"({"__metadata__":{"k":"1","k":"2"}})", 0, "the metadata \"k\" is there twice");
}

TEST_CASE("metadata that are no texts, or too many, are refused by name", "[pipeline]") {
  for (const std::string value : {"1", "null", "[\"a\"]", "{}"})
    check_refused("{\"__metadata__\":{\"key\":" + value + "}}", 0, "the metadata \"key\" is not a text");
  check_refused(R"({"__metadata__":"text"})", 0, "__metadata__ is not an object");
  std::string many;
  for (size_t i = 0; i <= most_metadata; ++i) many += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
  check_refused("{\"__metadata__\":{" + many + "}}", 0, "holds more metadata than 1024 texts");
}

TEST_CASE("names that are not UTF-8, or hold control characters, are refused", "[pipeline]") {
  for (const std::string name : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\x01", "\\x", "\\ud800"})
    check_refused("{" + entry(name, "[1]", "[0,4]") + "}", 4, "offset 10: a text of the header is not UTF-8");
  CHECK(parsed("{" + entry("\xf0\x9f\x98\x80", "[1]", "[0,4]") + "}", 4).tensors[0].name == "\xf0\x9f\x98\x80");
}

TEST_CASE("a shape larger than the file is refused", "[pipeline]") {
  for (const std::string shape :
       {"[1000000000000]", "[65536,65536,65536,65536]", "[4294967296,4294967296]", "[9223372036854775808]",
        "[18446744073709551615,18446744073709551615]", "[0,9223372036854775808]", "[2]"})
    check_refused("{" + entry("w", shape, "[0,4]") + "}", 4,
                  "tensor \"w\": its shape is larger than the file's 4 bytes");
}

TEST_CASE("numbers that are not whole, or beyond 64 bits, are refused", "[pipeline]") {
  for (const std::string number : {"-1", "1.0", "1e3", "1E3", "01", "00", "+1", "\"1\"", "null", "0x1", ""})
    check_refused("{" + entry("w", "[" + number + ",1]", "[0,4]") + "}", 4, "");
  check_refused("{" + entry("w", "[-1]", "[0,4]") + "}", 4, "its shape is not a whole number");
  check_refused("{" + entry("w", "[1]", "[-4,0]") + "}", 4, "its data_offsets is not a whole number");
  check_refused("{" + entry("w", "[18446744073709551616]", "[0,4]") + "}", 4, "its shape is larger than 2^64");
}

TEST_CASE("more dimensions than any tensor has are refused", "[pipeline]") {
  check_refused("{" + entry("w", "[1,1,1,1,1,1,1,1,1]", "[0,4]") + "}", 4, "its shape holds more than 8 numbers");
}

TEST_CASE("offsets that disagree with shape or file are refused", "[pipeline]") {
  for (const std::string offsets : {"[0,4]", "[4,0]", "[0,12]", "[8,16]", "[18446744073709551608,0]"})
    check_refused("{" + entry("w", "[2]", offsets) + "}", 8, "its shape needs 8 and the file holds 8");
  for (const std::string offsets : {"[]", "[0]"})
    check_refused("{" + entry("w", "[2]", offsets) + "}", 8, "data_offsets that are not begin and end");
  check_refused("{" + entry("w", "[2]", "[0,8,9]") + "}", 8, "its data_offsets holds more than 2");
}

TEST_CASE("an entry of the wrong form is refused by name", "[pipeline]") {
  for (const std::string json :
       {"1", "{}", R"({"dtype":"F32","shape":[1],"data_offsets":{"a":0,"b":4}})",
        R"({"dtype":"F32","data_offsets":[0,4]})", R"({"dtype":1,"shape":[1],"data_offsets":[0,4]})",
        R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1})"})
    check_refused("{\"w\":" + json + "}", 4, "");
  check_refused(R"({"w":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4,
                "offset 22: tensor \"w\" has dtype \"F99\"; allowed: F64, F32, F16, BF16,");
}

TEST_CASE("metadata that are null are none", "[pipeline]") {
  const auto header = parsed("{\"__metadata__\": null, " + entry("w", "[1]", "[0,4]") + "}", 4);
  CHECK(header.metadata.empty());
  CHECK(header.tensors.size() == 1);
  check_refused(R"({"__metadata__":nul})", 0, "__metadata__ is not an object");
  check_refused(R"({"__metadata__":null,"__metadata__":{}})", 0, "\"__metadata__\" is there twice");
}

TEST_CASE("tensors that overlap or leave a hole are refused", "[pipeline]") {
  check_refused("{" + entry("w", "[2]", "[0,8]") + "," + entry("z", "[2]", "[4,12]") + "}", 12,
                "tensor \"z\" begins at byte 4 of the data, expected 8");
  check_refused("{" + entry("w", "[2]", "[0,8]") + "," + entry("z", "[2]", "[0,8]") + "}", 8,
                "begins at byte 0 of the data, expected 8");
  check_refused("{" + entry("w", "[1]", "[0,4]") + "," + entry("z", "[1]", "[8,12]") + "}", 12,
                "tensor \"z\" begins at byte 8 of the data, expected 4");
  check_refused("{" + entry("w", "[1]", "[0,4]") + "}", 5, "end at byte 4 of the data, the file holds 5");
}
