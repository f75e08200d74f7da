// The fields of described structs as data: types, ranges, schema, and values by dotted key.
#include "spec/fields.h"

#include "tests/catch.h"
#include "tests/json_schema.h"

namespace {

enum class Colour : uint8_t { red, green };

struct Leaf {
  static constexpr std::string_view kind = "leaf";
  int64_t width = 64;
  Colour colour = Colour::red;
  static void describe(auto& self, auto&& field) {
    field("width", self.width, "channels", mds::between(1, 4096));
    field("colour", self.colour, "paint", mds::later());
  }
};

struct Thorn {
  static constexpr std::string_view kind = "thorn";
  double length = 0.5;
  static void describe(auto& self, auto&& field) { field("length", self.length, "in metres", mds::at_least(0)); }
};

struct Tree {
  std::string name;
  std::vector<Leaf> leaves{{}, {.width = 128}};
  std::vector<int64_t> depths{1, 2};
  std::variant<Leaf, Thorn> end;
  Leaf first{.width = 7};
  std::optional<Thorn> spare;
  bool green = true;
  mds::Json notes = mds::Json::object();
  static void describe(auto& self, auto&& field) {
    field("name", self.name, "what it is called");
    field("leaves", self.leaves, "the leaves");
    field("depths", self.depths, "layers", mds::between(0, 9));
    field("end", self.end, "of each branch");
    field("first", self.first, "leaf of all");
    field("spare", self.spare, "thorn");
    field("green", self.green, "in winter too");
    field("notes", self.notes, "anything");
  }
};

mds::FieldType tree() { return mds::type_of(Tree{}); }

const mds::Field& field(const mds::FieldType& type, const std::string& name) {
  return *std::ranges::find(type.fields, name, &mds::Field::name);
}

mds::Json set(const std::string& assignment) {
  mds::Json json = mds::to_json(Tree{});
  mds::assign(json, tree(), assignment);
  return json;
}

}  // namespace

template <>
struct mds::EnumNames<Colour> {
  static constexpr std::array names{"red", "green"};
};

TEST_CASE("a described struct lists its fields with meaning, default and what is allowed", "[spec]") {
  const mds::FieldType type = tree();
  CHECK(type.fields.size() == 8);
  CHECK(mds::allowed_text(field(type, "name")) == "text");
  CHECK(mds::allowed_text(field(type, "depths")) == "list of whole numbers, 0 to 9");
  CHECK(mds::allowed_text(field(type, "leaves")) == "list of objects");
  CHECK(mds::allowed_text(field(type, "end")) == "object of kind leaf or thorn");
  CHECK(mds::allowed_text(field(type, "spare")) == "object, or null");
  CHECK(mds::allowed_text(field(type, "green")) == "true or false");
  CHECK(mds::allowed_text(field(type, "notes")) == "any JSON");
  CHECK(field(type, "depths").meaning == "layers");
  CHECK(field(type, "depths").fallback == mds::Json{1, 2});
  const mds::FieldType& leaf = mds::part_of(type, "leaves");
  CHECK(mds::allowed_text(field(leaf.inner.front(), "width")) == "whole number, 1 to 4096");
  CHECK(mds::allowed_text(field(leaf.inner.front(), "colour")) == "red or green");
}

TEST_CASE("a nested struct's defaults are those that its owner gives it", "[spec]") {
  CHECK(field(mds::part_of(tree(), "first"), "width").fallback == 7);
  CHECK(field(mds::part_of(tree(), "end.leaf"), "width").fallback == 64);
}

TEST_CASE("a path leads through objects, lists and alternatives, and a wrong step names the near one", "[spec]") {
  CHECK(mds::part_of(tree(), "leaves.0.width").kind == mds::FieldType::Kind::whole);
  CHECK(mds::part_of(tree(), "end.length").kind == mds::FieldType::Kind::number);
  CHECK(mds::part_of(tree(), "").kind == mds::FieldType::Kind::object);
  CHECK_THROWS_WITH(mds::part_of(tree(), "first.widht"),
                    "\"widht\" of \"first.widht\" is not a known field; did you mean width? valid: width, colour");
}

TEST_CASE("a schema takes what the reader takes, and refuses what it refuses", "[spec]") {
  const mds::Json schema = mds::json_schema(tree(), "a tree");
  CHECK(schema["title"] == "a tree");
  CHECK(schema["properties"]["first"]["properties"]["width"]["default"] == 7);
  const auto reads = [](const mds::Json& json) {
    try {
      mds::from_json<Tree>(json, "t");
      return true;
    } catch (const mds::ConfigError&) {
      return false;
    }
  };
  const auto check = [&](const char* text, bool good) {
    INFO(text);
    const mds::Json json = mds::Json::parse(text);
    CHECK(mds::misfit(json, schema).empty() == good);
    CHECK(reads(json) == good);
  };
  check("{}", true);
  check(mds::to_json(Tree{}).dump().c_str(), true);
  check(R"({"end": {"kind": "thorn", "length": 2}, "spare": {}, "notes": {"x": [1]}})", true);
  check(R"({"spare": null, "depths": []})", true);
  check(R"({"depths": [10]})", false);
  check(R"({"depths": [1.5]})", false);
  check(R"({"first": {"width": 0}})", false);
  check(R"({"first": {"widht": 1}})", false);
  check(R"({"first": {"colour": "blue"}})", false);
  check(R"({"end": {"length": 2}})", false);
  check(R"({"end": {"kind": "thorn", "width": 2}})", false);
  check(R"({"name": 3})", false);
  check(R"({"first": null})", false);
  CHECK(mds::misfit({{"$schema", "tree.schema.json"}}, schema).empty());
}

TEST_CASE("a value by dotted key is read as its field is typed", "[spec]") {
  CHECK(set("depths=[3]")["depths"] == mds::Json{3});
  CHECK(set("first.width=1e3")["first"]["width"].dump() == "1000");
  CHECK(set("first.width=2k")["first"]["width"].dump() == "2000");
  CHECK(set("leaves.1.width=2k")["leaves"][1]["width"] == 2000);
  CHECK(set("end.length=2k")["end"]["length"] == 2000);
  CHECK(set("end.length=2.5e-1")["end"]["length"] == 0.25);
  CHECK(set("name=2k")["name"] == "2k");
  CHECK(set("name=oak")["name"] == "oak");
  CHECK_THROWS_AS(set("first"), mds::RequestError);
}
