#include "spec/describe.h"

#include <cmath>
#include <filesystem>

#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

enum class Colour : uint8_t { red, green };

struct Leaf {
  int64_t width = 64;
  Colour colour = Colour::red;
  bool operator==(const Leaf&) const = default;
  static void describe(auto& self, auto&& field) {
    field("width", self.width, "channels", mds::between(1, 4096));
    field("colour", self.colour, "paint");
  }
};

struct Tree {
  std::vector<Leaf> leaves{{}, {.width = 128}};
  std::vector<int64_t> depths{1, 2};
  double rate = 0.5;
  bool operator==(const Tree&) const = default;
  static void describe(auto& self, auto&& field) {
    field("leaves", self.leaves, "the leaves");
    field("depths", self.depths, "layers", mds::at_least(0));
    field("rate", self.rate, "a rate");
  }
};

// The leaf of a newer program: it has one more field, whose default means what leaves without it meant.
struct NewerLeaf {
  int64_t width = 64;
  Colour colour = Colour::red;
  int64_t veins = 1;
  static void describe(auto& self, auto&& field) {
    Leaf::describe(self, field);
    field("veins", self.veins, "how many", mds::later(mds::between(1, 9)));
  }
};

Tree read(const char* text) { return mds::from_json<Tree>(mds::Json::parse(text), "t.json"); }

}  // namespace

template <>
struct mds::EnumNames<Colour> {
  static constexpr std::array names{"red", "green"};
};

TEST_CASE("a described struct survives the round trip through JSON", "[spec]") {
  Tree tree;
  tree.leaves[1].colour = Colour::green;
  tree.depths = {3};
  CHECK(mds::from_json<Tree>(mds::to_json(tree), "t.json") == tree);
}

TEST_CASE("a field that joined later is written only where it differs from what its absence meant", "[spec]") {
  CHECK(mds::to_json(NewerLeaf{}) == mds::to_json(Leaf{}));
  CHECK(mds::to_json(NewerLeaf{.veins = 2}) == mds::Json{{"width", 64}, {"colour", "red"}, {"veins", 2}});
  CHECK(mds::from_json<NewerLeaf>(mds::Json{{"veins", 2}}, "l").veins == 2);
  CHECK_THROWS_WITH(mds::from_json<NewerLeaf>(mds::Json{{"veins", 10}}, "l"), "l: veins is 10; allowed: 1 to 9");
}

TEST_CASE("an absent key keeps its default", "[spec]") { CHECK(read(R"({"rate": 0.25})").depths == Tree{}.depths); }

TEST_CASE("a misspelt key is an error that names the valid ones", "[spec]") {
  CHECK_THROWS_WITH(read(R"({"leaves": [{"widht": 3}]})"),
                    "t.json: leaves.0.widht is not a known key; did you mean width? valid: width, colour");
}

TEST_CASE("a value out of range is an error that names place, value and range", "[spec]") {
  CHECK_THROWS_WITH(read(R"({"leaves": [{"width": -3}]})"), "t.json: leaves.0.width is -3; allowed: 1 to 4096");
  CHECK_THROWS_WITH(read(R"({"depths": [2, -1]})"), "t.json: depths.1 is -1; allowed: at least 0");
}

TEST_CASE("a wrong type or an unknown name is an error", "[spec]") {
  CHECK_THROWS_WITH(read(R"({"rate": "fast"})"), "t.json: rate is \"fast\"; expected a number");
  CHECK_THROWS_WITH(read(R"({"leaves": [{"colour": "blue"}]})"),
                    "t.json: leaves.0.colour is \"blue\"; valid: red, green");
  CHECK_THROWS_WITH(read(R"({"leaves": [{"width": 1.5}]})"), "t.json: leaves.0.width is 1.5; expected a whole number");
}

TEST_CASE("a path reaches a nested field and a wrong one says what there is", "[spec]") {
  Tree tree;
  mds::visit_path(tree, "leaves.1.width", {"s.json", ""}, [](auto& field, mds::Range range) {
    if constexpr (std::is_same_v<decltype(field), int64_t&>) field = int64_t(range.high);
  });
  CHECK(tree.leaves[1].width == 4096);
  const auto nothing = [](auto&, mds::Range) {};
  CHECK_THROWS_WITH(mds::visit_path(tree, "leaves.2.width", {"s.json", ""}, nothing),
                    "s.json: leaves has no element \"2\"; allowed: 0 to 1");
  CHECK_THROWS_WITH(mds::visit_path(tree, "leaves.0.depth", {"s.json", ""}, nothing),
                    Catch::Contains("leaves.0.depth is not a known key; valid: width, colour"));
  CHECK_THROWS_WITH(mds::visit_path(tree, "depths.0", {"s.json", ""}, nothing),
                    "s.json: depths is a list of single values, set as a whole");
}

TEST_CASE("a number that its type cannot hold is an error, not another number", "[spec]") {
  CHECK_THROWS_WITH(read(R"({"depths": [18446744073709551615]})"),
                    "t.json: depths.0 is 18446744073709551615; allowed: -9223372036854775808 to 9223372036854775807");
}

TEST_CASE("an error shows the start of a long value and no more of a document than its kind", "[spec]") {
  CHECK_THROWS_WITH(read((R"({"rate": ")" + std::string(100, 'x') + "\"}").c_str()),
                    "t.json: rate is \"" + std::string(60, 'x') + "...\"; expected a number");
  CHECK_THROWS_WITH(read(R"({"rate": {"a": [1, 2]}})"), "t.json: rate is an object; expected a number");
  CHECK_THROWS_WITH(read(R"({"rate": [1]})"), "t.json: rate is a list; expected a number");
}

TEST_CASE("a file may have comments and say which schema it follows", "[spec]") {
  const auto file = mds::scratch("schema.json").string();
  mds::save_text(file, "// a leaf\n{\"$schema\": \"leaf.schema.json\", \"width\": 3 /* small */}");
  CHECK(mds::load_described<Leaf>(file) == Leaf{.width = 3});
  CHECK(mds::load_json(file) == mds::Json{{"width", 3}});
  std::filesystem::remove(file);
}

TEST_CASE("a flag's number that is not finite is named as it is", "[spec]") {
  CHECK_THROWS_WITH(mds::require_within("--rate", std::nan(""), mds::at_least(0)),
                    "--rate is nan; allowed: at least 0");
}

TEST_CASE("a text is saved whole or not at all", "[spec]") {
  const auto folder = mds::scratch("save_text");
  std::filesystem::create_directories(folder);
  const auto file = (folder / "a.txt").string();
  mds::save_text(file, "one");
  CHECK_THROWS_AS(mds::save_text("/dev/full/x", "two"), mds::FileError);
  CHECK_THROWS_WITH(mds::save_text((folder / "none" / "a.txt").string(), "two"), Catch::Contains("cannot be created"));
  CHECK(std::filesystem::file_size(file) == 3);
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
}
