// The search choices that made each candidate, as table columns; only choices in which the candidates differ.
#pragma once

#include <string>
#include <vector>

#include "reports/table.h"

namespace mds {

// Names of the choices whose value differs between rows, in order; a missing choice counts as a difference. Each row is
// a JSON object {choice: value}; anything else has no choices.
std::vector<std::string> varying_choices(const std::vector<Json>& rows);

// The value of a choice in each row: numbers, texts and lists as they are; for options that set several fields, the
// fields that differ, as text: "ff_expansion 6, ff_gated yes"; null where a row lacks the choice.
std::vector<Json> choice_values(const std::vector<Json>& rows, const std::string& choice);

// Appends a column for each varying choice, with a cell for each existing row. They are for people; programs get all
// choices in a column "choices", which the report adds.
void add_choice_columns(Table& table, const std::vector<Json>& rows);

}  // namespace mds
