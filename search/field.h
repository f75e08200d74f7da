// What a dotted path of a space means in every network that has it: "mid", "levels.2.width", one element of a
// list ("levels.2.down.0"), a whole level ("levels.2"), or the list of levels ("levels").
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "networks/unet.h"

namespace mds {

class FieldPath {
 public:
  // Flags and names of enumerations are whole numbers here. For the list of levels, a list of numbers says which levels
  // of the network stay, in that order; a number may occur twice.
  using Value = std::variant<int64_t, std::vector<int64_t>, LevelSpec, std::vector<LevelSpec>>;

  // `widest` has at least as many levels and list elements as any network the path is used with. ConfigError at `place`
  // for a path that is not a field of it.
  FieldPath(const std::string& path, UNetSpec& widest, const Place& place);

  Value parse(const Json& json, const Place& place) const;       // of this field; a number N of levels: the first N
  bool in(const UNetSpec& network) const;                        // whether the network has the field
  bool fits(const UNetSpec& network, const Value& value) const;  // also checks that the levels to keep exist
  Value get(const UNetSpec& network) const;
  void set(UNetSpec& network, const Value& value) const;

  bool is_list() const { return list_ && element_ < 0; }
  bool is_number() const { return number_; }  // whether it is a whole number, not a flag or name
  bool is_levels() const { return whole_ && level_ < 0; }
  bool is_of_level() const { return level_ >= 0; }
  bool overlaps(const FieldPath& other) const;
  bool depends_on(
      const FieldPath& other) const;  // whether setting `other` can change it; of levels, how many there are

  // The level and the field's position in its description; level -1 is the network itself. Canonical forms use both.
  int64_t level() const { return level_; }
  size_t ordinal() const { return ordinal_; }
  bool whole() const { return whole_; }

 private:
  void locate(const void* address, UNetSpec& widest);
  void check_element(size_t size, const Place& place) const;

  int64_t level_ = -1, element_ = -1;
  size_t ordinal_ = 0;
  bool whole_ = false;  // the path is a level, or the list of levels
  bool list_ = false, number_ = false;
};

int64_t length_of(const FieldPath::Value& value);  // of a list
int64_t sum_of(const FieldPath::Value& value);     // of a list of numbers, or the number

}  // namespace mds
