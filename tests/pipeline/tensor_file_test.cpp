// Files of tensors are read back as written, also mapped and in shards; a failed write leaves no file.
#include "pipeline/tensor_file.h"

#include <ATen/ATen.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/mapped_file.h"
#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string file = scratch("tensor_file_test.safetensors").string();

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_bytes(const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

// Two shards and their index in a folder of their own.
struct Shards {
  std::filesystem::path folder = scratch("shards");
  std::string index = (folder / "model.safetensors.index.json").string();

  Shards() {
    std::filesystem::create_directories(folder);
    save_tensors((folder / "model-00001-of-00002.safetensors").string(),
                 {.tensors = {{"a", at::ones({2})}}, .metadata = {}});
    save_tensors((folder / "model-00002-of-00002.safetensors").string(),
                 {.tensors = {{"b", at::zeros({3})}}, .metadata = {}});
    write({{"a", "model-00001-of-00002.safetensors"}, {"b", "model-00002-of-00002.safetensors"}});
  }
  ~Shards() { std::filesystem::remove_all(folder); }
  void write(const Json& map) const {
    save_text(index, Json{{"metadata", {{"total_size", 20}}}, {"weight_map", map}}.dump());
  }
};

}  // namespace

TEST_CASE("tensors of every type come back as they were written", "[pipeline]") {
  const auto dtype = GENERATE(at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kShort,
                              at::kChar, at::kByte, at::kBool);
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

TEST_CASE("types that no network computes in keep their bytes", "[pipeline]") {
  const auto dtype = GENERATE(at::kUInt64, at::kUInt32, at::kUInt16, at::kFloat8_e4m3fn, at::kFloat8_e5m2);
  const Tensor tensor = at::arange(6, at::kFloat).view({2, 3}).to(dtype);
  save_tensors(file, {.tensors = {{"a", tensor}}, .metadata = {}});
  const Tensor found = load_tensors(file).tensors.at("a");
  CHECK(found.scalar_type() == dtype);
  CHECK(at::equal(found.view(at::kByte), tensor.view(at::kByte)));
}

TEST_CASE("floating tensors are written in the type asked for, the others in their own", "[pipeline]") {
  const Tensor values = at::linspace(-3, 3, 7), ids = at::arange(5);
  save_tensors(file, {.tensors = {{"ids", ids}, {"values", values}}, .metadata = {}}, at::kBFloat16);
  const TensorFile read = load_tensors(file);
  CHECK(at::equal(read.tensors.at("ids"), ids));
  CHECK(at::equal(read.tensors.at("values"), values.to(at::kBFloat16)));
}

TEST_CASE("the header is 8 bytes of length and JSON, and data begin at a multiple of 8", "[pipeline]") {
  save_tensors(file, {.tensors = {{"w", at::ones({3})}}, .metadata = {}});
  const std::string bytes = bytes_of(file);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(bytes.size() == 8 + length + 12);
  CHECK(Json::parse(bytes.substr(8, length)) ==
        Json::parse(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})"));
}

TEST_CASE("a file cut at any place is refused", "[pipeline]") {
  save_tensors(file, {.tensors = {{"w", at::ones({3})}, {"z", at::zeros({2})}}, .metadata = {}});
  const std::string whole = bytes_of(file);
  for (size_t size = 0; size < whole.size(); ++size) {
    write_bytes(whole.substr(0, size));
    INFO(size << " bytes of " << whole.size());
    CHECK_THROWS_AS(load_tensors(file), FileError);
  }
}

TEST_CASE("loaded tensors are the mapped file's bytes, and outlive it", "[pipeline]") {
  save_tensors(file, {.tensors = {{"a", at::ones({1024})}, {"b", at::zeros({1024})}}, .metadata = {}});
  TensorFile read = load_tensors(file);
  Tensor a = read.tensors.at("a"), b = read.tensors.at("b");
  CHECK(static_cast<char*>(b.data_ptr()) - static_cast<char*>(a.data_ptr()) == 4096);
  a.add_(1);  // only changes this process's copy
  CHECK(at::equal(load_tensors(file).tensors.at("a"), at::ones({1024})));
  save_tensors(file, {.tensors = {{"c", at::ones({1})}}, .metadata = {}});
  std::filesystem::remove(file);
  read = {};
  CHECK(at::equal(a, at::full({1024}, 2.0f)));
  CHECK(at::equal(b, at::zeros({1024})));
}

TEST_CASE("bytes that lie unaligned are read all the same", "[pipeline]") {
  const std::string header = R"({"m":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("w":{"dtype":"F64","shape":[2],"data_offsets":[1,17]}})";
  const uint64_t length = header.size();
  const double values[] = {1.5, -2.5};
  write_bytes(std::string(reinterpret_cast<const char*>(&length), 8) + header + "\x07" +
              std::string(reinterpret_cast<const char*>(values), 16));
  const TensorFile read = load_tensors(file);
  CHECK(at::equal(read.tensors.at("w"), at::tensor({1.5, -2.5}, at::kDouble)));
  CHECK(read.tensors.at("m").item<int>() == 7);
}

TEST_CASE("a file that is not there, a folder and a pipe are refused by name", "[pipeline]") {
  CHECK_THROWS_WITH(load_tensors("no/such.safetensors"), Contains("no/such.safetensors"));
  const auto folder = scratch("folder.safetensors"), pipe = scratch("pipe.safetensors");
  std::filesystem::create_directories(folder);
  CHECK_THROWS_WITH(load_tensors(folder.string()), Contains("folder.safetensors: is a folder; expected a file"));
  CHECK_THROWS_AS(file_sha256(folder.string()), FileError);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(load_tensors(pipe.string()), Contains("pipe.safetensors: is no regular file"));
  std::filesystem::remove(pipe);
}

TEST_CASE("a failed write leaves the old file as it was", "[pipeline]") {
  const auto folder = scratch("tensor_folder");
  std::filesystem::create_directories(folder / "w.safetensors");  // a folder has the file's name
  CHECK_THROWS_AS(
      save_tensors((folder / "w.safetensors").string(), {.tensors = {{"w", at::ones({3})}}, .metadata = {}}),
      FileError);
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
}

TEST_CASE("a type that safetensors lack is refused before anything is written", "[pipeline]") {
  const std::string other = scratch("complex.safetensors").string();
  CHECK_THROWS_WITH(save_tensors(other, {.tensors = {{"w", at::zeros({2}, at::kComplexFloat)}}, .metadata = {}}),
                    Contains("tensor \"w\" of type ComplexFloat cannot be written"));
  CHECK_FALSE(std::filesystem::exists(other));
}

TEST_CASE("shards are read through their index", "[pipeline]") {
  const Shards shards;
  const TensorFile read = load_tensors(shards.index);
  REQUIRE(read.tensors.size() == 2);
  CHECK(at::equal(read.tensors.at("a"), at::ones({2})));
  CHECK(at::equal(read.tensors.at("b"), at::zeros({3})));
}

TEST_CASE("an index that leaves its folder, lies or is none is refused", "[pipeline]") {
  const Shards shards;
  const std::string first = "model-00001-of-00002.safetensors", second = "model-00002-of-00002.safetensors";
  const auto check_refused = [&](const Json& map, const std::string& why) {
    shards.write(map);
    CHECK_THROWS_AS(load_tensors(shards.index), FileError);
    CHECK_THROWS_WITH(load_tensors(shards.index), Contains(why));
  };
  for (const std::string path :
       {"../w.safetensors", "/etc/w.safetensors", "sub/w.safetensors", "..\\w.safetensors", "..", "", "/etc/passwd"})
    check_refused({{"a", path}, {"b", second}}, "tensor \"a\" is in \"" + Json(path).dump().substr(1));
  check_refused({{"a", 1}, {"b", second}}, "tensor \"a\" is in 1; expected a .safetensors file beside the index");
  check_refused({{"a", first}, {"b", second}, {"c", second}}, "tensor \"c\" is not in " + second);
  check_refused({{"a", second}, {"b", second}}, "tensor \"a\" is not in " + second);
  check_refused({{"b", first}, {"a", second}}, "holds tensor \"a\", which");
  check_refused({{"a", "model-00003-of-00002.safetensors"}, {"b", second}}, "model-00003-of-00002.safetensors");
  check_refused(Json::array(), "has no weight_map");
  save_text(shards.index, "{");
  CHECK_THROWS_WITH(load_tensors(shards.index), Contains("index.json: is not JSON"));
}

TEST_CASE("a prefix is put on and taken off", "[pipeline]") {
  const TensorMap tensors{{"a.w", at::ones({1})}, {"b.w", at::zeros({1})}};
  CHECK(with_prefix(prefixed(tensors, "ema."), "ema.").size() == 2);
  CHECK(with_prefix(tensors, "a.").begin()->first == "w");
}
