// Helpers with which tests make reports and read them.
#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "reports/report.h"
#include "tests/reports/sample_sweep.h"

namespace mds::test {

inline const ReportOptions with_shipped{.simulate = 0, .shipped = {{"mobilediffusion", mobilediffusion().hash}}};

inline Json rows_of(const std::vector<Table>& tables) { return Json::parse(to_text(tables, Format::json))["rows"]; }

inline Json counted_in_table1(const Database& database) {
  Json rows = rows_of(table1_report.tables(database, with_shipped));
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const Json& row) { return row["literature"] == true; }),
             rows.end());
  return rows;
}

inline std::string golden(const std::string& name) {
  std::ifstream in(std::string(MDS_SOURCE_DIR) + "/tests/reports/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string notes_of(const std::vector<Table>& tables) {
  std::string notes;
  for (const auto& table : tables)
    for (const auto& note : table.footnotes) notes += note + "\n";
  return notes;
}

}  // namespace mds::test
