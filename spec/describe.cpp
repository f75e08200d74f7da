#include "spec/describe.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>

#include "spec/nearest.h"
#include "spec/new_file.h"
#include "spec/number.h"

namespace mds {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

constexpr int deepest_json = 64;  // deeper JSON is refused, because writing and reading it recurse

// Watches a document while it is parsed: the keys of each open object by depth, to refuse a key that is given twice.
class JsonGuard {
 public:
  explicit JsonGuard(const std::string& source) : source_(source) {}
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= deepest_json)
        throw ConfigError(source_ + ": nests deeper than " + std::to_string(deepest_json) + " objects and lists");
      keys_.resize(size_t(depth));
      keys_.emplace_back();
    }
    if (event == Event::key && !keys_[size_t(depth) - 1].insert(parsed.get<std::string>()).second)
      throw ConfigError(source_ + ": has the key " + shown(parsed) + " twice in one object");
    return true;
  }

 private:
  const std::string& source_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

std::string to_string(const Range& range) {
  const bool low = range.low > -std::numeric_limits<double>::infinity();
  const bool high = range.high < std::numeric_limits<double>::infinity();
  if (low && high) return number(range.low) + " to " + number(range.high);
  if (low) return "at least " + number(range.low);
  return high ? "at most " + number(range.high) : "";
}

void Place::fail(const std::string& message) const {
  throw ConfigError(source + (path.empty() ? " " : ": " + path + " ") + message);
}

void fail_unknown_key(const Place& place, const std::string& key, const std::vector<std::string>& valid) {
  place.child(key).fail("is not a known key" + offer(key, valid));
}

void check_type(const Place& place, const Json& json, bool matches, std::string_view wanted) {
  if (!matches) place.fail("is " + shown(json) + "; expected " + std::string(wanted));
}

std::string shown(const Json& json) {
  constexpr size_t most = 60;
  if (json.is_object()) return json.empty() ? "{}" : "an object";
  if (json.is_array()) return json.empty() ? "[]" : "a list";
  const auto* text = json.get_ptr<const std::string*>();
  const Json start = text && text->size() > most ? Json(text->substr(0, most) + "...") : json;
  return start.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void check_range(const Place& place, double value, const Range& range) {
  const bool inside = value >= range.low && value <= range.high;
  if (!inside) place.fail("is " + number(value) + "; allowed: " + to_string(range));
}

Json parse_json(std::string_view text, const std::string& source) {
  JsonGuard guard(source);
  try {
    return Json::parse(text, std::ref(guard), /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    throw ConfigError(source + ": is not JSON: " + error.what());
  }
}

void require_within(const std::string& flag, const Json& value, const Range& range) {
  const auto given = value.get<double>();  // JSON cannot express infinity or NaN
  if (!(given >= range.low && given <= range.high))
    throw UsageError(flag + " is " + (std::isfinite(given) ? value.dump() : number(given)) +
                     "; allowed: " + to_string(range));
}

Json load_json(const std::string& file) {
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file))
    throw FileError(file + ": cannot be read: " + std::strerror(errno ? errno : EISDIR));
  Json json = parse_json(std::string(std::istreambuf_iterator<char>(in), {}), file);
  if (json.is_object()) json.erase("$schema");
  return json;
}

void save_text(const std::string& file, const std::string& text) {
  NewFile out(file);
  out.write(text);
  out.put_in_place();
}

void overlay(Json& json, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) throw UsageError("--set " + assignment + ": expected key=value");
  std::string pointer = "/" + assignment.substr(0, equals);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  const std::string text = assignment.substr(equals + 1);
  Json value = Json::accept(text) ? parse_json(text, "--set " + assignment) : Json(text);
  if (const auto whole = parse_whole(text); whole && value.is_number_float()) value = *whole;
  try {
    json[Json::json_pointer(pointer)] = value;
  } catch (const Json::exception&) {
    throw UsageError("--set " + assignment + ": the configuration has no place of that name");
  }
}

}  // namespace mds
