// All tables of the paper and its ladder, one after the other, each with the query behind it.
#include <array>

#include "reports/report.h"

namespace mds {
namespace {

std::vector<Table> all_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const Report* report :
       {&table1_report, &table2_report, &table4_report, &table5_report, &table6_report, &ladder_report})
    for (auto& table : tables_of(*report, database, options)) {
      table.footnotes.push_back(std::string("Query: `mdsearch report ") + report->name + "`.");
      tables.push_back(std::move(table));
    }
  return tables;
}

}  // namespace

constinit const Report tables_report{.name = "tables",
                                     .summary = "all of the paper's tables and its ladder, each with its query",
                                     .tables = all_tables,
                                     .lacking = always_some,
                                     .reads = "all"};

}  // namespace mds
