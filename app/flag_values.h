// Values of flags: numbers as people type them, names from a list, and fields of a described struct. They are checked
// while the command line is parsed, and help and completion show what is allowed.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "spec/fields.h"
#include "spec/json_text.h"
#include "spec/number.h"

namespace mds {

namespace po = boost::program_options;

// What help and completion show about a value.
struct FlagLimits {
  virtual ~FlagLimits() = default;
  virtual std::string range() const { return ""; }               // "1 to 64"
  virtual std::vector<std::string> names() const { return {}; }  // all allowed ones
};

// Parses a number within the range; an error names the flag.
int64_t whole_of_flag(const std::string& text, const Range& range);
double number_of_flag(const std::string& text, const Range& range);
std::string name_of_flag(const std::string& text, const std::vector<std::string>& names);

template <class T>
class NumberValue final : public po::typed_value<T>, public FlagLimits {
 public:
  NumberValue(T* target, const Range& range) : po::typed_value<T>(target), start_(*target), range_(range) {}
  // The default is accepted even outside the range: it means the value of the network, the model or the machine.
  void xparse(boost::any& value, const std::vector<std::string>& tokens) const override {
    po::validators::check_first_occurrence(value);
    const std::string& text = po::validators::get_single_string(tokens);
    if (parse_number(text) == double(start_))
      value = start_;
    else if constexpr (std::integral<T>)
      value = T(whole_of_flag(text, range_));
    else
      value = T(number_of_flag(text, range_));
  }
  std::string range() const override { return to_string(range_); }

 private:
  T start_;
  Range range_;
};

// A flag with a number; the target's value is the default. `fallback` is shown in its place where the number would not
// explain itself: "all cores".
template <class T>
po::typed_value<T>* number(T* target, const Range& range, const std::string& fallback) {
  return (new NumberValue<T>(target, range))->default_value(*target, fallback)->value_name("N");
}
template <class T>
po::typed_value<T>* number(T* target, const Range& range) {
  return number(target, range, shown_number(*target));
}

// The text of a flag for a described field, unparsed: it is checked later, together with the struct's other fields.
class FieldValue final : public po::typed_value<std::string>, public FlagLimits {
 public:
  explicit FieldValue(const Field& field) : po::typed_value<std::string>(nullptr), field_(field) {}
  std::string range() const override { return to_string(field_.range); }
  std::vector<std::string> names() const override { return field_.type.names; }

 private:
  Field field_;
};

class NameValue final : public po::typed_value<std::string>, public FlagLimits {
 public:
  NameValue(std::string* target, std::vector<std::string> names)
      : po::typed_value<std::string>(target), names_(std::move(names)) {}
  void xparse(boost::any& value, const std::vector<std::string>& tokens) const override {
    po::validators::check_first_occurrence(value);
    value = name_of_flag(po::validators::get_single_string(tokens), names_);
  }
  std::vector<std::string> names() const override { return names_; }

 private:
  std::vector<std::string> names_;
};

// A flag whose value is one of several names.
po::typed_value<std::string>* one_of(std::string* target, std::vector<std::string> names);
template <NamedEnum E>
std::vector<std::string> names_of() {
  return {EnumNames<E>::names.begin(), EnumNames<E>::names.end()};
}

// A flag for an enumerator, which the target takes; it may be optional.
template <NamedEnum E>
po::typed_value<std::string>* choice_into(auto* target, std::vector<std::string> names = names_of<E>()) {
  return one_of(nullptr, std::move(names))->notifier([target](const std::string& name) {
    for (size_t i = 0; i < EnumNames<E>::names.size(); ++i)
      if (name == EnumNames<E>::names[i]) *target = E(i);
  });
}
// The same with the target's value as the default.
template <NamedEnum E>
po::typed_value<std::string>* choice(E* target) {
  return choice_into<E>(target)->default_value(std::string(name_of(*target)));
}

}  // namespace mds
