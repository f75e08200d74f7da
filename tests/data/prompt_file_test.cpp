#include "data/prompt_file.h"

#include <filesystem>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

std::vector<std::string> prompts_of(const std::string& name, const std::string& text) {
  const auto file = scratch(name).string();
  save_text(file, text);
  return load_prompts(file);
}

}  // namespace

TEST_CASE("a prompt is a line, whatever editor wrote the file", "[data]") {
  CHECK(prompts_of("p.txt", "\xef\xbb\xbfred heart\r\n\r\n{\"prompt\": 1}\n") ==
        std::vector<std::string>{"red heart", "{\"prompt\": 1}"});
}

TEST_CASE("JSON lines hold prompts as texts or under the names that tools use", "[data]") {
  CHECK(prompts_of("p.jsonl",
                   "\xef\xbb\xbf{\"prompt\": \"a\", \"id\": 3}\n{\"text\": \"b\"}\n \n{\"caption\": \"c\"}\n\"d\"\n") ==
        std::vector<std::string>{"a", "b", "c", "d"});
  CHECK_THROWS_WITH(prompts_of("p.jsonl", "\"a\"\n{\"name\": \"b\"}"),
                    Contains("p.jsonl:2 is an object; expected a text, or an object with \"prompt\""));
  CHECK_THROWS_WITH(prompts_of("p.jsonl", "{\"text\": 7}"), Contains("p.jsonl:1: text is 7; expected text"));
  CHECK_THROWS_WITH(prompts_of("p.jsonl", "red heart"), Contains("p.jsonl:1: is not JSON"));
}

TEST_CASE("a prompt file that cannot be one is refused with its bound", "[data]") {
  CHECK_THROWS_WITH(prompts_of("p.txt", "a\n" + std::string(70'000, 'x')), Contains(":2: is longer than 65536 bytes"));
  CHECK_THROWS_WITH(prompts_of("p.txt", "a\nb\xff\n"), Contains(":2: is not UTF-8"));
  CHECK_THROWS_WITH(prompts_of("p.txt", "\n\n"), Contains("holds no prompt"));
  CHECK_THROWS_WITH(load_prompts("/dev/zero"), Contains("/dev/zero: is not a regular file"));
}
