#include "search/store/merge.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "search/store/literature.h"
#include "search/store/run_results.h"
#include "search/store/schema.h"
#include "search/store/select.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

class Merging {
 public:
  Merging(Database& ours, const Database& theirs) : ours_(ours), theirs_(theirs) {}

  void run() {
    refuse_other_sweeps();
    for (const auto& table : tables()) {
      if (table.name() == PictureRow::table.name) drop_older_pictures();
      copy(table);
      if (table.name() == RunRow::table.name) update_runs();
    }
  }

 private:
  // Two configurations under one name would mix runs that were trained differently.
  void refuse_other_sweeps() const {
    for (const auto& sweep : stored_rows<SweepRow>(theirs_, ""))
      if (sweep_config(ours_, sweep.name).value_or(sweep.config_json) != sweep.config_json)
        throw StoreError(theirs_.file() + ": its sweep " + sweep.name + " has another configuration than ours");
  }

  void copy(const StoredTable& table) {
    const bool numbered = table.traits.storage == Storage::numbered;
    auto& numbers = numbers_[table.name()];
    Query query{.sql = "SELECT " + (numbered ? table.number() : std::string("0")) + " AS number",
                .types = {CellType::integer}};
    std::string order = "number";
    for (const auto& column : table.columns) {
      query.sql += ", " + column.name;
      query.types.push_back(column.type);
      if (column.traits.key && !numbered) order += ", " + column.name;
    }
    query.sql += " FROM " + table.name() + " ORDER BY " + order;
    theirs_.query(query, [&](const std::vector<Value>& row) {
      const auto cells = translated(table, {row.begin() + 1, row.end()});
      if (left_out(table, cells)) return;
      insert_cells(ours_, table, cells);
      if (!numbered) return;
      const auto ours = find_cells(ours_, table, cells);
      if (!ours)
        theirs_.fail("a row of table " + table.name() + " has no usable key; `mdsearch db check` may tell why");
      numbers[std::get<int64_t>(row[0])] = *ours;
    });
  }

  // The cells as our database has them: with our numbers, and without leases.
  std::vector<Value> translated(const StoredTable& table, std::vector<Value> cells) const {
    for (size_t i = 0; i < cells.size(); ++i) {
      const StoredColumn& column = table.columns[i];
      if (const auto* number = std::get_if<int64_t>(&cells[i]); number && column.traits.parent)
        cells[i] = ours_of(column.traits.parent, *number, table.name());
      require_allowed(table, column, cells[i]);
      if (table.name() == RunRow::table.name && column.name == "state") cells[i] = unleased(cells[i]);
    }
    return cells;
  }

  void require_allowed(const StoredTable& table, const StoredColumn& column, const Value& cell) const {
    const auto* text = std::get_if<std::string>(&cell);
    if (text && !column.allowed.empty() && !std::ranges::count(column.allowed, *text))
      theirs_.fail("table " + table.name() + ", column " + column.name + ": is " + shown(*text) +
                   "; valid: " + listed(column.allowed));
  }

  static Value unleased(const Value& state) {
    return to_value(from_value<RunState>(state) == RunState::leased ? RunState::queued : from_value<RunState>(state));
  }

  // Where both databases have a run, the later update is kept, unless one of our workers holds the run.
  void update_runs() {
    for (const auto& row : stored_rows<RunRow>(theirs_, "ORDER BY run_id"))
      ours_.execute(
          "UPDATE run SET state = :state, rung = :rung, attempt = :attempt, fence = CASE WHEN fence > :fence THEN "
          "fence "
          "ELSE :fence2 END, message = :message, updated_unix_s = :updated WHERE run_id = :run AND state <> 'leased' "
          "AND (updated_unix_s < :updated2 OR (updated_unix_s = :updated3 AND fence < :fence3))",
          unleased(to_value(row.state)), row.rung, row.attempt, row.fence, row.fence, row.message, row.updated_unix_s,
          ours_of(RunRow::table.name, row.run, RunRow::table.name), row.updated_unix_s, row.updated_unix_s, row.fence);
  }

  // A run keeps the pictures of its last iteration, and ours where both have that.
  void drop_older_pictures() {
    for (const auto& [run, last] :
         select<int64_t, int64_t>(theirs_, "SELECT run_id, max(iteration) FROM picture GROUP BY run_id"))
      ours_.execute("DELETE FROM picture WHERE run_id = :run AND iteration < :last",
                    ours_of(RunRow::table.name, run, PictureRow::table.name), last);
    for (const auto& [run] : select<int64_t>(ours_, "SELECT DISTINCT run_id FROM picture")) with_pictures_.insert(run);
  }
  bool left_out(const StoredTable& table, const std::vector<Value>& cells) const {
    if (table.name() != PictureRow::table.name) return false;
    return with_pictures_.contains(std::get<int64_t>(cells[0]));
  }

  // Our number of a row of theirs, to which a row of `from` refers.
  int64_t ours_of(const std::string& table, int64_t theirs, const std::string& from) const {
    const auto& known = numbers_.at(table);
    const auto ours = known.find(theirs);
    if (ours == known.end())
      theirs_.fail("table " + from + ": a row refers to " + table + " " + std::to_string(theirs) +
                   ", which is not there; `mdsearch db check` lists such rows");
    return ours->second;
  }

  Database& ours_;
  const Database& theirs_;
  std::map<std::string, std::map<int64_t, int64_t>> numbers_;  // by table: ours by theirs
  std::set<int64_t> with_pictures_;                            // our runs, by our numbers
};

}  // namespace

void merge(Database& database, const std::string& other_file) {
  const Database theirs(other_file, StoreMode::read_only);
  std::error_code ignored;
  if (theirs.file() == database.file() || std::filesystem::equivalent(other_file, database.file(), ignored))
    database.fail("cannot be merged into itself");
  theirs.snapshot([&] { database.transaction([&] { Merging(database, theirs).run(); }); });
}

void copy(Database& database, const std::string& other_file) {
  for (const auto& table : tables())
    if (table.name() != LiteratureRow::table.name &&
        !select<int64_t>(database, "SELECT 1 FROM " + table.name() + " LIMIT 1").empty())
      database.fail("holds rows already, and a copy needs an empty database; `mdsearch db merge` takes rows into one");
  merge(database, other_file);
}

}  // namespace mds
