// JSON in columns of the database. A database may be anyone's, so an error names database, table, row and column.
#pragma once

#include <string>

#include "search/store/database.h"
#include "spec/describe.h"

namespace mds {

struct StoredPlace {
  std::string table, row, column;
};
Place place_of(const Database& database, const StoredPlace& stored);

// ConfigError where the text is not an object in JSON, within the bounds of parse_json.
Json stored_object(const Database& database, const StoredPlace& stored, const std::string& text);

// A value of such an object; the fallback where it is absent. ConfigError for another type.
template <class T>
T stored_value(const Json& object, const char* key, T fallback, const Place& place) {
  if (const auto found = object.find(key); found != object.end()) read_json(*found, fallback, place.child(key));
  return fallback;
}

}  // namespace mds
