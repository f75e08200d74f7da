// Values of columns between C++ and the database: which type a member has there, how it is written, how it is read.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "spec/describe.h"
#include "spec/timing_mark.h"

namespace mds {

struct Bytes {
  std::string data;
};
// A cell of a row; the first alternative is NULL.
using Value = std::variant<std::monostate, int64_t, double, std::string, Bytes>;

enum class CellType : uint8_t { integer, real, text, bytes };

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// Lists of numbers are kept as bytes in the machine's order, such as the nanoseconds of a latency_sample.
template <class T>
inline constexpr bool is_number_list = std::is_same_v<T, std::vector<int64_t>> || std::is_same_v<T, std::vector<float>>;

template <class T>
std::string pack_samples(const std::vector<T>& samples) {
  return {reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(T)};
}
template <class T>
std::vector<T> unpack_samples(const std::string& bytes) {
  std::vector<T> samples(bytes.size() / sizeof(T));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(T));
  return samples;
}

template <class T>
constexpr CellType cell_type() {
  if constexpr (is_optional<T>)
    return cell_type<typename T::value_type>();
  else if constexpr (std::is_integral_v<T>)
    return CellType::integer;
  else if constexpr (std::is_floating_point_v<T>)
    return CellType::real;
  else if constexpr (is_number_list<T>)
    return CellType::bytes;
  else
    return CellType::text;
}

template <class T>
Value to_value(const T& member) {
  if constexpr (std::is_same_v<T, Value>)
    return member;
  else if constexpr (is_optional<T>)
    return member ? to_value(*member) : Value{};
  else if constexpr (NamedEnum<T>)
    return std::string(name_of(member));
  else if constexpr (is_number_list<T>)
    return Bytes{pack_samples(member)};
  else if constexpr (std::is_integral_v<T>)
    return int64_t(member);
  else if constexpr (std::is_floating_point_v<T>)
    return double(member);
  else
    return std::string(member);
}

template <NamedEnum E>
E stored_enum(const std::string& name) {
  E value{};
  read_enum(Json(name), value, {"database", ""});
  return value;
}

// NULL becomes the empty value of the type, or no value for std::optional.
template <class T>
T from_value(const Value& value) {
  if constexpr (is_optional<T>) {
    return std::holds_alternative<std::monostate>(value) ? T{} : T{from_value<typename T::value_type>(value)};
  } else {
    if (std::holds_alternative<std::monostate>(value)) return T{};
    if constexpr (std::is_integral_v<T>)
      return T(std::get<int64_t>(value));
    else if constexpr (std::is_floating_point_v<T>)
      return T(std::get<double>(value));
    else if constexpr (NamedEnum<T>)
      return stored_enum<T>(std::get<std::string>(value));
    else if constexpr (is_number_list<T>)
      return unpack_samples<typename T::value_type>(std::get<Bytes>(value).data);
    else
      return std::holds_alternative<Bytes>(value) ? std::get<Bytes>(value).data : std::get<std::string>(value);
  }
}

}  // namespace mds
