// The choices of a search that made each candidate, as columns of a table: those alone in which the candidates differ.
#pragma once

#include <string>
#include <vector>

#include "reports/table.h"

namespace mds {

// Names of the choices in which the rows differ, in order; where a row lacks a choice, it differs. Each row is a JSON
// object {choice: value}; anything else has no choices.
std::vector<std::string> varying_choices(const std::vector<Json>& rows);

// The value that each row has of a choice: numbers, texts and lists as they are; of options that set several fields the
// ones that differ, as text: "ff_expansion 6, ff_gated yes"; null where a row lacks it.
std::vector<Json> choice_values(const std::vector<Json>& rows, const std::string& choice);

// Appends a column for each varying choice, for people, with a cell to each row of the table so far. Programs have them
// all in a column "choices", which the report adds.
void add_choice_columns(Table& table, const std::vector<Json>& rows);

}  // namespace mds
