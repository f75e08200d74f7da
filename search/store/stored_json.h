// JSON in columns of the database. A database may be anyone's, so an error names database, table, row and column.
#pragma once

#include <string>

#include "search/store/store.h"
#include "spec/describe.h"

namespace mds {

struct StoredPlace {
  std::string table, row, column;
};
Place place_of(const Store& store, const StoredPlace& stored);

// ConfigError where the text is not an object in JSON, within the bounds of parse_json.
Json stored_object(const Store& store, const StoredPlace& stored, const std::string& text);

// A value of such an object; the fallback where it is absent. ConfigError for another type.
template <class T>
T stored_value(const Json& object, const char* key, T fallback, const Place& place) {
  if (const auto found = object.find(key); found != object.end()) read_json(*found, fallback, place.child(key));
  return fallback;
}

template <NamedEnum E>
E stored_enum(const std::string& name) {
  E value{};
  read_enum(Json(name), value, {"database", ""});
  return value;
}
inline Evidence stored_evidence(const std::string& mode, const std::string& mark) {
  return {stored_enum<TimingMode>(mode), stored_enum<TimingMark>(mark)};
}

}  // namespace mds
