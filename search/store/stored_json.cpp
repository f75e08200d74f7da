#include "search/store/stored_json.h"

namespace mds {

Place place_of(const Database& database, const StoredPlace& stored) {
  return {database.file() + ": table " + stored.table + ", row " + stored.row + ", column " + stored.column, ""};
}

Json stored_object(const Database& database, const StoredPlace& stored, const std::string& text) {
  const Place place = place_of(database, stored);
  Json json = parse_json(text, place.source);
  check_type(place, json, json.is_object(), "an object");
  return json;
}

}  // namespace mds
