#include "spec/describe.h"

#include <cmath>
#include <sstream>

#include "spec/nearest.h"
#include "spec/new_file.h"

namespace mds {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

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

void require_within(const std::string& flag, const Json& value, const Range& range) {
  const auto given = value.get<double>();  // JSON cannot express infinity or NaN
  if (!(given >= range.low && given <= range.high))
    throw RequestError(flag + " is " + (std::isfinite(given) ? value.dump() : number(given)) +
                       "; allowed: " + to_string(range));
}

void save_text(const std::string& file, const std::string& text) {
  NewFile out(file);
  out.write(text);
  out.put_in_place();
}

}  // namespace mds
