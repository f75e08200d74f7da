// Weight files: what is written comes back, and what is damaged is refused with the file, the place and the limit.
#include "pipeline/weights.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "networks/tower.h"
#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string file = (mds::scratch("weights_test.safetensors")).string();

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_bytes(const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

// A file of this header and so many bytes of data.
void write_file(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  write_bytes(std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data_bytes, '\0'));
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

void check_refused(const std::string& why) {
  CHECK_THROWS_AS(load_tensors(file), FileError);
  CHECK_THROWS_WITH(load_tensors(file), Contains(file) && Contains(why));
}

NetworkPtr tower() {
  const auto network = make_network(
      make_plan(TextTowerSpec{.vocabulary = 20, .tokens = 4, .width = 8, .layers = 1, .heads = 2, .mlp = 16}));
  initialise(*network, 1);
  return network;
}

}  // namespace

TEST_CASE("tensors of every type come back as they were written", "[pipeline]") {
  const auto dtype =
      GENERATE(at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kChar, at::kByte, at::kBool);
  const Tensor tensor = (at::arange(24).view({2, 3, 4}) % 2).to(dtype);
  const TensorMap written{{"a", tensor},
                          {"b.scalar", tensor[1][0][1]},
                          {"c.empty", tensor.slice(0, 0, 0)},
                          {"d.strided", tensor.transpose(0, 2)}};
  save_tensors(file, {.tensors = written, .metadata = {{"key", "a \"quoted\" value"}}});
  const TensorFile read = load_tensors(file);
  REQUIRE(read.tensors.size() == written.size());
  for (const auto& [name, expected] : written) {
    INFO(name);
    const Tensor found = read.tensors.at(name);
    CHECK(found.scalar_type() == dtype);
    CHECK(found.sizes() == expected.sizes());
    CHECK(at::equal(found, expected));
  }
  CHECK(read.metadata.at("key") == "a \"quoted\" value");
}

TEST_CASE("the header is 8 bytes of length and JSON, and data begin at a multiple of 8", "[pipeline]") {
  save_tensors(file, {.tensors = {{"w", at::ones({3})}}, .metadata = {}});
  const std::string bytes = bytes_of(file);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(bytes.size() == 8 + length + 12);
  CHECK(Json::parse(bytes.substr(8, length)) == Json::parse("{" + entry("w", "[3]", "[0,12]") + "}"));
}

TEST_CASE("a file cut at any place is refused", "[pipeline]") {
  save_tensors(file, {.tensors = {{"w", at::ones({3})}, {"z", at::zeros({2})}}, .metadata = {}});
  const std::string whole = bytes_of(file);
  for (size_t size = 0; size < whole.size(); ++size) {
    write_bytes(whole.substr(0, size));
    INFO(size << " bytes of " << whole.size());
    CHECK_THROWS_AS(load_tensors(file), FileError);
  }
  write_bytes(whole + "x");
  check_refused("end at byte 20 of the data, the file holds 21");
}

TEST_CASE("a header longer than the file is refused before it is read", "[pipeline]") {
  const uint64_t length = GENERATE(uint64_t(100), uint64_t(1) << 40, ~uint64_t(0));
  write_bytes(std::string(reinterpret_cast<const char*>(&length), 8) + "{}");
  check_refused("the header claims " + std::to_string(length) + " bytes, the file holds 2");
}

TEST_CASE("a header that is no JSON object is refused", "[pipeline]") {
  const std::string header = GENERATE(as<std::string>{}, "", "garbage", "[1,2]", "{\"w\":", "\xff\xfe");
  write_file(header, 4);
  check_refused("offset 8: the header");
  check_refused("not");
}

TEST_CASE("a header that nests deeper than anything should is refused, wherever it does", "[pipeline]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const auto& header : {deep, "{\"__metadata__\":{\"key\":" + deep + "}}", "{\"w\":" + deep + "}"}) {
    write_file(header, 4);
    check_refused("nests deeper");
  }
}

TEST_CASE("metadata that are no texts are refused by name", "[pipeline]") {
  const std::string value = GENERATE(as<std::string>{}, "1", "null", "[\"a\"]", "{}");
  write_file("{\"__metadata__\":{\"key\":" + value + "}," + entry("w", "[1]", "[0,4]") + "}", 4);
  check_refused("the metadata \"key\" is not a text");
}

TEST_CASE("a shape larger than the file is refused before it is allocated", "[pipeline]") {
  const std::string shape = GENERATE(as<std::string>{}, "[1000000000000]", "[65536,65536,65536,65536]",
                                     "[4294967296,4294967296]", "[0,9223372036854775808]");
  write_file("{" + entry("w", shape, "[0,4]") + "}", 4);
  check_refused("tensor w: its shape is larger than the file's 4 bytes");
}

TEST_CASE("offsets that disagree with shape or file are refused", "[pipeline]") {
  const std::string offsets =
      GENERATE(as<std::string>{}, "[0,4]", "[4,0]", "[0,12]", "[8,16]", "[18446744073709551608,0]");
  write_file("{" + entry("w", "[2]", offsets) + "}", 8);
  check_refused("its shape needs 8 and the file holds 8");
}

TEST_CASE("an entry of the wrong form is refused", "[pipeline]") {
  const std::string json = GENERATE(
      as<std::string>{}, "1", "{}", R"({"dtype":"F32","shape":[1],"data_offsets":{"a":0,"b":4}})",
      R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,4]})", R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})",
      R"({"dtype":"F32","shape":[1],"data_offsets":["0","4"]})", R"({"dtype":"F99","shape":[1],"data_offsets":[0,4]})");
  write_file("{\"w\":" + json + "}", 4);
  check_refused("tensor w");
}

TEST_CASE("tensors that overlap or leave a hole are refused", "[pipeline]") {
  write_file("{" + entry("w", "[2]", "[0,8]") + "," + entry("z", "[2]", "[4,12]") + "}", 12);
  check_refused("tensor z: begins at byte 4 of the data, expected 8");
  write_file("{" + entry("w", "[1]", "[0,4]") + "," + entry("z", "[1]", "[8,12]") + "}", 12);
  check_refused("tensor z: begins at byte 8 of the data, expected 4");
}

TEST_CASE("a file that is not there is refused by name", "[pipeline]") {
  CHECK_THROWS_WITH(load_tensors("no/such.safetensors"), Contains("no/such.safetensors"));
  const auto folder = mds::scratch("folder.safetensors");
  std::filesystem::create_directories(folder);
  CHECK_THROWS_WITH(load_tensors(folder.string()), Contains("folder.safetensors: is a folder; expected a file"));
  CHECK_THROWS_AS(file_sha256(folder.string()), FileError);
}

TEST_CASE("a failed write leaves the old file as it was", "[pipeline]") {
  const auto folder = mds::scratch("weights_folder");
  std::filesystem::create_directories(folder / "w.safetensors");  // a folder stands where the file should go
  CHECK_THROWS_AS(
      save_tensors((folder / "w.safetensors").string(), {.tensors = {{"w", at::ones({3})}}, .metadata = {}}),
      FileError);
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
}

TEST_CASE("weights that do not fit a network are listed by name", "[pipeline][torch]") {
  const auto network = tower();
  const Tensor before = network->parameters()[0].detach().clone();
  TensorMap weights;
  for (const auto& [name, weight] : weights_of(*network)) weights[name] = at::ones_like(weight);
  const std::string missing = weights.begin()->first, misshapen = weights.rbegin()->first;
  weights.erase(missing);
  weights[misshapen] = at::zeros({1, 2, 3});
  weights["stranger"] = at::zeros({1});
  CHECK_THROWS_WITH(load_weights(*network, weights, "some.safetensors"),
                    Contains("some.safetensors: 3 tensors do not fit") && Contains("missing " + missing) &&
                        Contains("misshapen " + misshapen + ": [1, 2, 3], expected [") &&
                        Contains("unexpected stranger"));
  CHECK(at::equal(network->parameters()[0], before));  // nothing was copied
}

TEST_CASE("weights that are not finite are refused by name", "[pipeline][torch]") {
  const auto network = tower();
  TensorMap weights;
  for (const auto& [name, weight] : weights_of(*network)) weights[name] = weight.clone();
  const std::string bad = weights.rbegin()->first;
  weights[bad].flatten()[0] = GENERATE(double(NAN), double(INFINITY));
  CHECK_THROWS_WITH(load_weights(*network, weights, "some.safetensors"),
                    Contains("some.safetensors: 1 tensors") && Contains("not finite " + bad));
}

TEST_CASE("a network reads its own weights back from half precision", "[pipeline][torch]") {
  const auto written = tower(), read = tower();
  save_tensors(file, {.tensors = converted(weights_of(*written), at::kHalf), .metadata = {}});
  for (auto& [name, weight] : weights_of(*read)) weight.zero_();
  load_weights(*read, load_tensors(file).tensors, file);
  for (const auto& [name, weight] : weights_of(*read)) {
    INFO(name);
    CHECK(weight.scalar_type() == at::kFloat);
    CHECK(at::equal(weight, weights_of(*written).at(name).to(at::kHalf).to(at::kFloat)));
  }
}

TEST_CASE("a prefix is put on and taken off", "[pipeline]") {
  const TensorMap tensors{{"a.w", at::ones({1})}, {"b.w", at::zeros({1})}};
  CHECK(with_prefix(prefixed(tensors, "ema."), "ema.").size() == 2);
  CHECK(with_prefix(tensors, "a.").begin()->first == "w");
}
