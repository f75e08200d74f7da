// Opens, migrates and guards a results database. A file is inspected before anything is set on it, so that a file
// that is not ours stays unchanged. After that, the busy timeout holds for every statement.
#include "search/store/database.h"

#include <soci/soci.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>

#include "search/store/clock.h"
#include "search/store/dialect.h"
#include "search/store/empty_database.h"
#include "search/store/literature.h"
#include "search/store/row.h"
#include "search/store/schema.h"
#include "search/store/select.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// One column of a row that is being fetched.
struct Slot {
  CellType type{};
  int64_t integer = 0;
  double real = 0;
  std::string text{};
  soci::indicator mark = soci::i_ok;

  void bind(auto& prepared) {
    if (type == CellType::integer)
      prepared, soci::into(integer, mark);
    else if (type == CellType::real)
      prepared, soci::into(real, mark);
    else
      prepared, soci::into(text, mark);
  }
  Value taken() const {
    if (mark != soci::i_ok) return {};
    if (type == CellType::integer) return integer;
    if (type == CellType::real) return real;
    return type == CellType::bytes ? Value(Bytes{text}) : Value(text);
  }
};

// The values of a statement's placeholders, which must live as long as it.
class Arguments {
 public:
  Arguments(soci::session& sql, const std::vector<Value>& values) : sql_(sql), values_(values) {}
  void bind(auto& prepared) {
    for (const auto& value : values_) {
      if (const auto* integer = std::get_if<int64_t>(&value)) prepared, soci::use(*integer);
      if (const auto* real = std::get_if<double>(&value)) prepared, soci::use(*real);
      if (const auto* text = std::get_if<std::string>(&value)) prepared, soci::use(*text);
      if (std::holds_alternative<std::monostate>(value)) prepared, soci::use(nothing_, null_);
      if (const auto* bytes = std::get_if<Bytes>(&value)) {
        blobs_.emplace_back(sql_).write(0, bytes->data.data(), bytes->data.size());
        prepared, soci::use(blobs_.back());
      }
    }
  }

 private:
  soci::session& sql_;
  const std::vector<Value>& values_;
  std::deque<soci::blob> blobs_;
  const int64_t nothing_ = 0;
  soci::indicator null_ = soci::i_null;
};

}  // namespace

Database::Database(const std::string& file, StoreMode mode) : file_(file), read_only_(mode == StoreMode::read_only) {
  open(mode);
}

Database::~Database() = default;

void Database::fail(const std::string& message) const { throw StoreError(file_ + ": " + message); }

void Database::open(StoreMode mode) {
  if (file_.find("://") != std::string::npos) fail("PostgreSQL and other servers are not supported yet; give a file");
  const bool in_memory = dialect::in_memory(file_), exists = in_memory || fs::exists(file_);
  if (!exists && mode != StoreMode::create_or_open) fail("there is no such database");
  if (file_.empty() || file_.find('"') != std::string::npos) fail("is no usable name for a database");
  if (!in_memory) {
    if (exists) dialect::check_is_database(file_);
    // A fresh clone does not have the folder of the default, out/results.db, yet. Other folders the user has to
    // create.
    if (const auto folder = fs::path(file_).parent_path(); !exists && !folder.empty()) ::mkdir(folder.c_str(), 0777);
    if (!read_only_) dialect::check_filesystem(file_);
  }
  guarded([&] {
    sql_ = dialect::connect(file_, read_only_);
    const int64_t found = exists ? version() : 0;
    if (found == 0 && mode != StoreMode::create_or_open)
      throw EmptyDatabase(file_ + ": holds no results; expected schema version " + std::to_string(schema_version()));
    if (read_only_) return dialect::begin_reading_only(*sql_);
    if (!dialect::begin_writing(*sql_)) fail("lies on a file system without shared memory for write-ahead logging");
    bring_up_to_date();
  });
}

int64_t Database::version() const {
  const auto number = [&](const char* sql) { return std::get<0>(select<int64_t>(*this, sql).front()); };
  if (number(dialect::count_tables) == 0) return 0;
  const std::string expected = "expected version " + std::to_string(schema_version());
  if (number(dialect::count_version_tables) == 0)
    fail("is a database of another program: found no schema version, " + expected);
  const int64_t version = number("SELECT coalesce(max(version), 0) FROM schema_version");
  const bool usable = read_only_ ? version == schema_version() : version >= 1 && version <= schema_version();
  const std::string upgrade =
      version < schema_version() ? "; `mdsearch db upgrade --db FILE` brings it up to date" : "";
  if (!usable) fail("has schema version " + std::to_string(version) + ", " + expected + upgrade);
  return version;
}

void Database::bring_up_to_date() {
  transaction([&] {
    const int64_t found = version();
    for (const auto& step : found == 0 ? std::vector{whole_schema()} : migrations()) {
      if (step.version <= found) continue;
      for (const auto& statement : step.statements) execute(statement);
      execute("INSERT INTO schema_version VALUES(:version, :now, :description)", step.version, unix_seconds(),
              step.description);
    }
    for (const auto& row : literature()) insert(*this, row);
  });
}

void Database::guarded(const std::function<void()>& body) const {
  try {
    body();
  } catch (const soci::soci_error& error) {
    fail(dialect::explain(error));
  } catch (const fs::filesystem_error& error) {
    fail(error.what());
  }
}

void Database::run_transaction(const std::function<void()>& body) {
  if (read_only_) fail("is opened for reading only");
  if (depth_ > 0) return body();
  guarded([&] {
    *sql_ << dialect::begin_transaction;
    ++depth_;
    try {
      body();
      *sql_ << "COMMIT";
    } catch (...) {
      --depth_;
      try {
        *sql_ << "ROLLBACK";
      } catch (const soci::soci_error&) {  // the database has already rolled back, as on a full disk
      }
      throw;
    }
    --depth_;
  });
}

void Database::durably(const std::function<void()>& body) {
  execute(dialect::flush_commits(true));
  try {
    transaction(body);
  } catch (...) {
    execute(dialect::flush_commits(false));
    throw;
  }
  execute(dialect::flush_commits(false));
}

void Database::snapshot(const std::function<void()>& body) const {
  guarded([&] {
    *sql_ << dialect::begin_snapshot;
    try {
      body();
    } catch (...) {
      *sql_ << "ROLLBACK";
      throw;
    }
    *sql_ << "ROLLBACK";
  });
}

int64_t Database::run(const std::string& sql, const std::vector<Value>& arguments) {
  if (read_only_) fail("is opened for reading only");
  int64_t changed = 0;
  guarded([&] {
    Arguments bound(*sql_, arguments);
    auto prepared = sql_->prepare << sql;
    bound.bind(prepared);
    soci::statement statement = prepared;
    statement.execute(/*with_data_exchange=*/true);
    changed = statement.get_affected_rows();
  });
  return changed;
}

void Database::query(const Query& query, const std::function<void(const std::vector<Value>&)>& row) const {
  guarded([&] {
    std::vector<Slot> slots;
    for (const CellType type : query.types) slots.push_back({.type = type});
    std::vector<Value> cells(slots.size());
    Arguments bound(*sql_, query.arguments);
    auto prepared = sql_->prepare << query.sql;
    for (auto& slot : slots) slot.bind(prepared);
    bound.bind(prepared);
    soci::statement statement = prepared;
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      for (size_t i = 0; i < slots.size(); ++i) cells[i] = slots[i].taken();
      row(cells);
    }
  });
}

}  // namespace mds
