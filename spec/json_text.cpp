#include "spec/json_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "spec/describe.h"
#include "spec/number.h"

namespace mds {
namespace {

constexpr int number_overflow = 406;  // the library's code for it

std::string too_many_bytes(const std::string& source, const std::string& bytes, size_t most) {
  return source + ": has " + bytes + " bytes of JSON; allowed: at most " + std::to_string(most);
}

[[noreturn]] void fail_depth(const std::string& source, size_t depth) {
  throw ConfigError(source + ": nests " + std::to_string(depth) + " objects and lists; allowed: at most " +
                    std::to_string(deepest_json));
}

// Receives the events of the library's parser and builds the tree. It knows where each value stands, so that an error
// can name the place; the library's own tree knows it only for broken syntax.
class TreeBuilder final : public Json::json_sax_t {
 public:
  explicit TreeBuilder(const std::string& source) : source_(source) {}
  Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(int64_t value) override { return put(value); }
  bool number_unsigned(uint64_t value) override { return put(value); }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }  // JSON's text has none
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    Level& here = open_.back();
    if (here.json->contains(name)) throw ConfigError(source_ + ": has the key " + shown(name) + " twice in one object");
    here.key = std::move(name);
    return true;
  }

  bool parse_error(size_t, const std::string& token, const Json::exception& error) override {
    if (error.id == number_overflow) next_place().fail("is " + token + "; allowed: -1.79e308 to 1.79e308");
    throw ConfigError(source_ + ": is not JSON: " + json_words(error));
  }

 private:
  struct Level {
    Json* json;       // stays where it is: what contains it does not grow before it is closed
    std::string key;  // of the next value, in an object
  };

  Place next_place() const {
    Place place{source_, ""};
    for (size_t i = 0; i < open_.size(); ++i) {
      const bool inner = i + 1 < open_.size();
      const Json& json = *open_[i].json;
      place = json.is_object() ? place.child(open_[i].key) : place.child(json.size() - (inner ? 1 : 0));
    }
    return place;
  }

  Json& add(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back().json;
    if (parent.is_object()) return parent[open_.back().key] = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
  }
  bool put(Json value) {
    add(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= deepest_json) fail_depth(source_, open_.size() + 1);
    open_.push_back({&add(std::move(value)), ""});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& source_;
  Json root_;
  std::vector<Level> open_;
};

size_t depth_of(const Json& json) {
  size_t deepest = 0;
  if (json.is_structured())
    for (const auto& value : json) deepest = std::max(deepest, depth_of(value));
  return deepest + (json.is_structured() ? 1 : 0);
}

// The place one step below `here`, which is made where an object lacks it.
Json& step_into(Json& here, const std::string& step, const std::string& assignment) {
  if (here.is_null() && step == "0") here = Json::array();
  if (here.is_null() || here.is_object()) return here[step];
  if (!here.is_array()) throw RequestError("`set` " + assignment + ": the configuration has no place of that name");
  const auto index = parse_whole(step);
  if (!index || *index < 0 || size_t(*index) > here.size())
    throw RequestError("`set` " + assignment + ": \"" + step + "\" is no place of a list of " +
                       std::to_string(here.size()) + "; allowed: 0 to " + std::to_string(here.size()));
  if (size_t(*index) == here.size()) here.push_back(nullptr);
  return here[size_t(*index)];
}

}  // namespace

std::string json_words(const std::exception& error) {
  std::string words = error.what();
  if (!words.starts_with("[json.exception.")) return words;
  words = words.substr(std::min(words.find("] ") + 2, words.size()));
  const std::string_view prefix = "parse error at ";
  return words.starts_with(prefix) ? words.substr(prefix.size()) : words;
}

Json parse_json(std::string_view text, const std::string& source, size_t most_bytes) {
  if (text.size() > most_bytes) throw ConfigError(too_many_bytes(source, std::to_string(text.size()), most_bytes));
  TreeBuilder tree(source);
  Json::sax_parse(text, &tree, Json::input_format_t::json, /*strict=*/true, /*ignore_comments=*/true);
  return tree.take();
}

Json json_or_null(std::string_view text, size_t most_bytes) {
  try {
    return parse_json(text, "", most_bytes);
  } catch (const ConfigError&) {
    return nullptr;
  }
}

Json load_json(const std::string& file, size_t most_bytes) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file))
    throw FileError(file + ": cannot be read: " + std::strerror(errno ? errno : EISDIR));
  std::error_code no_size;  // of a device or a pipe, whose end is only found by reading
  if (const auto bytes = std::filesystem::file_size(file, no_size); !no_size && bytes > most_bytes)
    throw FileError(too_many_bytes(file, std::to_string(bytes), most_bytes));
  std::string text;
  std::array<char, 65536> buffer;
  while (text.size() <= most_bytes && (in.read(buffer.data(), buffer.size()) || in.gcount() > 0))
    text.append(buffer.data(), size_t(in.gcount()));
  if (text.size() > most_bytes)
    throw FileError(too_many_bytes(file, "more than " + std::to_string(most_bytes), most_bytes));
  Json json = parse_json(text, file, most_bytes);
  if (json.is_object()) json.erase("$schema");
  return json;
}

void check_json_bounds(const Json& json, const std::string& source, size_t most_bytes) {
  if (const size_t depth = depth_of(json); depth > deepest_json) fail_depth(source, depth);
  const size_t bytes = json.dump(-1, ' ', false, Json::error_handler_t::replace).size();
  if (bytes > most_bytes) throw ConfigError(too_many_bytes(source, std::to_string(bytes), most_bytes));
}

void overlay(Json& json, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) throw RequestError("`set` " + assignment + ": expected key=value");
  const std::string text = assignment.substr(equals + 1);
  Json value = Json::accept(text) ? parse_json(text, "`set` " + assignment) : Json(text);
  if (const auto whole = parse_whole(text); whole && value.is_number_float()) value = *whole;
  Json* here = &json;
  for (size_t begin = 0; begin <= equals;) {
    const size_t end = std::min(assignment.find('.', begin), equals);
    here = &step_into(*here, assignment.substr(begin, end - begin), assignment);
    begin = end + 1;
  }
  *here = std::move(value);
}

std::string shown_number(const Json& value) {
  const auto number = value.get<double>();
  return value.is_number_float() && number == std::floor(number) && std::abs(number) < 1e15
             ? std::to_string(int64_t(number))
             : value.dump();
}

}  // namespace mds
