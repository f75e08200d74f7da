#include "experiments/failure_words.h"

#include <c10/util/Exception.h>

#include <filesystem>
#include <new>

#include "spec/describe.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

std::string words(const std::exception& error) { return failure_in_words(error, "mdsearch profile"); }

}  // namespace

TEST_CASE("want of memory is named with what was needed and what needs less", "[app]") {
  const auto check = [](const std::string& said, const std::string& part) {
    CHECK_THAT(said, Contains("out of memory while `mdsearch profile` ran") && Contains("`batch`") && Contains(part));
    for (const char* library : {"bad_alloc", "enforce", "alloc_cpu"}) CHECK(said.find(library) == std::string::npos);
  };
  check(words(std::bad_alloc()), "");
  const c10::Error tensor({"alloc_cpu", "c10/core/impl/alloc_cpu.cpp", 124},
                          "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: "
                          "you tried to allocate 1099511627776 bytes. Error code 12 (Cannot allocate memory)");
  check(words(tensor), "1099511627776 bytes more were needed");
  const c10::Error gpu({"malloc", "CUDACachingAllocator.cpp", 1},
                       "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 1 GiB");
  check(words(gpu), "2.00 GiB on the GPU more were needed");
}

TEST_CASE("errors of libraries become place and reason", "[app]") {
  std::string file;
  try {
    (void)std::filesystem::file_size("/nowhere/a");
  } catch (const std::exception& error) {
    file = words(error);
  }
  CHECK(file == "/nowhere/a: No such file or directory");
  std::string json;
  try {
    (void)Json(1).get<std::string>();
  } catch (const std::exception& error) {
    json = words(error);
  }
  CHECK_THAT(json, Contains("type must be string") && !Contains("json.exception"));
  CHECK_THAT(words(std::out_of_range("map::at")), Contains("an error in the program itself (map::at)"));
  CHECK(words(ConfigError("a.json: size is 3; allowed: 8")) == "a.json: size is 3; allowed: 8");
}
