// Where a dotted path of a space leads, in every network that has the place: "mid", "levels.2.width", one element of a
// list ("levels.2.down.0"), a whole level ("levels.2"), or the list of levels ("levels").
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "networks/unet.h"

namespace mds {

class FieldPath {
 public:
  // Flags and the names of enumerations are whole numbers here. Of the list of levels, a list of numbers says which of
  // the network's levels stay, in that order; one may be there twice.
  using Value = std::variant<int64_t, std::vector<int64_t>, LevelSpec, std::vector<LevelSpec>>;

  // `widest` has as many levels and list elements as any network meant; a path that leads nowhere in it is a
  // ConfigError at `place`.
  FieldPath(const std::string& path, UNetSpec& widest, const Place& place);

  Value parse(const Json& json, const Place& place) const;  // a value of the field; a number N of levels: the first N
  bool in(const UNetSpec& network) const;                   // whether the network has the place
  bool fits(const UNetSpec& network, const Value& value) const;  // and, for levels, those that stay
  Value get(const UNetSpec& network) const;
  void set(UNetSpec& network, const Value& value) const;

  bool is_list() const { return list_ && element_ < 0; }
  bool is_number() const { return number_; }  // a whole number, neither a flag nor a name
  bool is_levels() const { return whole_ && level_ < 0; }
  bool is_of_level() const { return level_ >= 0; }
  bool overlaps(const FieldPath& other) const;

  // The level and the place in its description, or level -1 and the network's; what canonical forms compare.
  int64_t level() const { return level_; }
  size_t ordinal() const { return ordinal_; }
  bool whole() const { return whole_; }

 private:
  void locate(const void* address, UNetSpec& widest);
  void check_element(size_t size, const Place& place) const;

  int64_t level_ = -1, element_ = -1;
  size_t ordinal_ = 0;
  bool whole_ = false;  // a level, or the list of levels
  bool list_ = false, number_ = false;
};

int64_t length_of(const FieldPath::Value& value);  // of a list
int64_t sum_of(const FieldPath::Value& value);     // of a list of numbers, or the number

}  // namespace mds
