// A results database as text: what it holds, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

// The schema's version, the size, and how many rows each table has.
std::string info_text(const Database& database, Format format);

// A row for each problem: of integrity, references and hashes, and decisions that do not follow from the inputs stored
// with them, under the policy of their sweep.
Table problems_table(const Database& database);

// The lines of a file that tests/parity/run.py wrote, one JSON object each. FileError where there is none.
std::vector<ParityRow> parity_rows(const std::string& file);
void record_parity(Database& database, const std::string& file);  // all of its lines or none

}  // namespace mds
