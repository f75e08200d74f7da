#include "search/store/stored_json.h"

namespace mds {

Place place_of(const Store& store, const StoredPlace& stored) {
  return {store.file() + ": table " + stored.table + ", row " + stored.row + ", column " + stored.column, ""};
}

Json stored_object(const Store& store, const StoredPlace& stored, const std::string& text) {
  const Place place = place_of(store, stored);
  Json json = parse_json(text, place.source);
  check_type(place, json, json.is_object(), "an object");
  return json;
}

}  // namespace mds
