#include "search/naming.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "spec/listed.h"

namespace mds {
namespace {

constexpr size_t most_parts = 4, hash_digits = 6;

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)); }

// The first letters of each word: "inner down depths" with 1 letter is "idd".
std::string initials(const std::string& name, size_t letters) {
  std::string text;
  size_t taken = 0;
  for (const char c : name) {
    if (!is_letter(c)) taken = 0;
    if (is_letter(c) && taken++ < letters) text += char(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string safe(std::string text) {
  for (char& c : text)
    if (!is_letter(c) && std::string_view(".-_+").find(c) == std::string_view::npos) c = '_';
  return text;
}

// A choice and how its values are named.
struct Naming {
  ChoiceSpec choice;
  std::string prefix{};                 // written before its numbers
  std::map<Json, std::string> words{};  // values that have a name: labels, enumerators
  bool bare = true;                     // its words are written without the prefix

  std::string part(const Json& value) const;
  Json shown(const Json& value) const;
};

std::string listed_numbers(const Json& list, const std::string& separator) {
  return listed(list, [](const Json& number) { return number.dump(); }, separator);
}

std::string Naming::part(const Json& value) const {
  if (value.is_null()) return "";
  if (const auto word = words.find(value); word != words.end()) return (bare ? "" : prefix + ".") + safe(word->second);
  if (value.is_boolean()) return (value.get<bool>() ? "" : "no") + prefix;
  return prefix + safe(value.is_array()           ? listed_numbers(value, ".")
                       : shown(value).is_string() ? shown(value).get<std::string>()
                                                  : value.dump());
}

Json Naming::shown(const Json& value) const {
  if (const auto word = words.find(value); word != words.end()) return word->second;
  if (value.is_array()) return listed_numbers(value, ",");
  const auto option = std::find(choice.options.begin(), choice.options.end(), value);
  if (option != choice.options.end()) return "o" + std::to_string(option - choice.options.begin() + 1);
  return value.is_object() ? Json(value.dump()) : value;
}

std::map<Json, std::string> words_of(const ChoiceSpec& choice) {
  std::map<Json, std::string> words;
  const auto& values = choice.options.empty() ? choice.values : choice.options;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i < choice.labels.size()) {
      words[choice.options.empty() ? values[i] : Json(choice.labels[i])] = choice.labels[i];
    } else if (values[i].is_string()) {
      words[values[i]] = values[i].get<std::string>();
    }
  }
  return words;
}

bool share_a_word(const Naming& a, const Naming& b) {
  for (const auto& [value, word] : a.words)
    for (const auto& [other, same] : b.words)
      if (word == same) return true;
  return false;
}

std::vector<Naming> namings(const SpaceSpec& space) {
  std::vector<Naming> list;
  std::set<std::string> prefixes;
  for (const auto& choice : all_choices(space)) {
    list.push_back({.choice = choice, .prefix = choice.short_name, .words = words_of(choice)});
    prefixes.insert(choice.short_name);
  }
  for (size_t i = 0; i < list.size(); ++i) {
    Naming& naming = list[i];
    naming.bare = naming.prefix.empty();
    for (size_t j = 0; j < list.size(); ++j) naming.bare &= i == j || !share_a_word(naming, list[j]);
    for (size_t letters = 1; naming.prefix.empty() && letters <= naming.choice.name.size(); ++letters)
      if (const auto text = initials(naming.choice.name, letters); prefixes.insert(text).second) naming.prefix = text;
  }
  return list;
}

const Json& value_of(const Candidate& candidate, const std::string& choice) {
  static const Json none;
  const auto value = candidate.choices.find(choice);
  return value == candidate.choices.end() ? none : *value;
}

using Groups = std::map<std::string, int64_t>;  // how many candidates have each name

Groups groups_of(const std::vector<std::string>& names) {
  Groups groups;
  for (const auto& name : names) ++groups[name];
  return groups;
}

// The few choices that distinguish the candidates best, in the order of the space; all of them where they are few.
std::vector<Naming> telling(std::vector<Naming> varying, const std::vector<Candidate*>& candidates) {
  if (varying.size() <= most_parts) return varying;
  std::vector<std::string> names(candidates.size());
  std::set<size_t> used;
  const auto with = [&](size_t choice) {
    std::vector<std::string> longer = names;
    for (size_t i = 0; i < longer.size(); ++i)
      longer[i] += "-" + varying[choice].part(value_of(*candidates[i], varying[choice].choice.name));
    return longer;
  };
  while (used.size() < most_parts && groups_of(names).size() < names.size()) {
    size_t best = 0, most = groups_of(names).size();
    for (size_t choice = 0; choice < varying.size(); ++choice)
      if (const size_t groups = groups_of(with(choice)).size(); groups > most) best = choice, most = groups;
    if (most == groups_of(names).size()) break;
    names = with(best);
    used.insert(best);
  }
  std::vector<Naming> chosen;
  for (const size_t choice : used) chosen.push_back(varying[choice]);
  return chosen;
}

}  // namespace

std::vector<std::string> varying_choices(const SpaceSpec& space, const std::vector<Candidate>& candidates) {
  std::vector<std::string> varying;
  for (const auto& choice : all_choices(space)) {
    std::set<Json> values;
    for (const auto& candidate : candidates)
      if (!candidate.choices.empty()) values.insert(value_of(candidate, choice.name));
    if (values.size() > 1) varying.push_back(choice.name);
  }
  return varying;
}

Json shown_choice(const SpaceSpec& space, const Candidate& candidate, const std::string& choice) {
  const Json& value = value_of(candidate, choice);
  for (const auto& naming : namings(space))
    if (naming.choice.name == choice && !value.is_null()) return naming.shown(value);
  return value;
}

void name_candidates(const SpaceSpec& space, std::vector<Candidate>& candidates, const std::set<std::string>& taken) {
  std::vector<Candidate*> unnamed;
  std::set<std::string> names = taken;
  for (auto& candidate : candidates) {
    if (candidate.name.empty()) unnamed.push_back(&candidate);
    names.insert(candidate.name);
  }
  const auto varying = varying_choices(space, candidates);
  std::vector<Naming> choices = namings(space);
  std::erase_if(choices, [&](const Naming& naming) {
    return std::find(varying.begin(), varying.end(), naming.choice.name) == varying.end();
  });
  std::vector<std::string> wanted;
  const auto parts = telling(choices, unnamed);
  for (const Candidate* candidate : unnamed) {
    std::vector<std::string> texts;
    for (const auto& naming : parts)
      if (auto text = naming.part(value_of(*candidate, naming.choice.name)); !text.empty()) texts.push_back(text);
    wanted.push_back(texts.empty() ? short_name_of(space.base) : listed(texts, std::identity{}, "-"));
  }
  const Groups groups = groups_of(wanted);
  for (size_t i = 0; i < unnamed.size(); ++i) {
    const bool alone = groups.at(wanted[i]) == 1 && !names.contains(wanted[i]);
    unnamed[i]->name = alone ? wanted[i] : wanted[i] + "-" + hash_of(unnamed[i]->network).substr(0, hash_digits);
  }
}

}  // namespace mds
