// Opens, migrates and guards a results database. It is inspected before anything is set on it, so that one that is not
// ours stays unchanged. After that, the dialect's limit on waiting for locks holds for every statement.
#include "search/store/database.h"

#include <soci/soci.h>

#include <deque>
#include <filesystem>

#include "search/store/clock.h"
#include "search/store/definitions.h"
#include "search/store/dialect.h"
#include "search/store/empty_database.h"
#include "search/store/inspection.h"
#include "search/store/literature.h"
#include "search/store/row.h"
#include "search/store/schema.h"
#include "search/store/select.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// How long a server may be away: when it is first asked, and during work that has begun.
constexpr int first_patience_s = 10, later_patience_s = 180;

// A transaction of this database has to begin again over a new connection.
struct ConnectionLost : StoreError {
  ConnectionLost(const std::string& message, const Database* lost) : StoreError(message), database(lost) {}
  const Database* database;
};

std::string to_hex(const std::string& bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex = "\\x";
  hex.reserve(2 + 2 * bytes.size());
  for (const unsigned char byte : bytes) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string from_hex(const std::string& hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (size_t i = 2; i + 1 < hex.size(); i += 2) bytes += char(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}

// One column of a row that is being fetched.
struct Slot {
  CellType type{};
  bool hex = false;
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
    return type == CellType::bytes ? Value(Bytes{hex ? from_hex(text) : text}) : Value(text);
  }
};

// The values of a statement's placeholders, which must live as long as it.
class Arguments {
 public:
  Arguments(soci::session& sql, const SqlDialect& dialect, const std::vector<Value>& values)
      : sql_(sql), hex_(dialect.bytes_are_hex()), values_(values) {}
  void bind(auto& prepared) {
    for (const auto& value : values_) {
      if (const auto* integer = std::get_if<int64_t>(&value)) prepared, soci::use(*integer);
      if (const auto* real = std::get_if<double>(&value)) prepared, soci::use(*real);
      if (const auto* text = std::get_if<std::string>(&value)) prepared, soci::use(*text);
      if (std::holds_alternative<std::monostate>(value)) prepared, soci::use(nothing_, null_);
      if (const auto* bytes = std::get_if<Bytes>(&value)) bind(prepared, bytes->data);
    }
  }

 private:
  void bind(auto& prepared, const std::string& bytes) {
    if (hex_) {
      prepared, soci::use(texts_.emplace_back(to_hex(bytes)));
    } else {
      blobs_.emplace_back(sql_).write(0, bytes.data(), bytes.size());
      prepared, soci::use(blobs_.back());
    }
  }

  soci::session& sql_;
  const bool hex_;
  const std::vector<Value>& values_;
  std::deque<soci::blob> blobs_;
  std::deque<std::string> texts_;
  const int64_t nothing_ = 0;
  soci::indicator null_ = soci::i_null;
};

}  // namespace

bool database_exists(const std::string& file) { return dialect_of(file).exists(file); }

Database::Database(const std::string& file, StoreMode mode)
    : address_(file),
      file_(dialect_of(file).shown(file)),
      dialect_(dialect_of(file)),
      read_only_(mode == StoreMode::read_only) {
  open(mode);
}

Database::~Database() = default;

void Database::fail(const std::string& message) const { throw StoreError(file_ + ": " + message); }

int64_t Database::now() const {
  const std::string query = dialect_.now();
  return query.empty() ? unix_seconds() : std::get<0>(select<int64_t>(*this, query).front());
}

void Database::open(StoreMode mode) {
  const bool exists = dialect_.exists(address_);
  dialect_.check(address_, read_only_);
  if (!exists && mode != StoreMode::create_or_open) fail("there is no such database");
  guarded([&] {
    sql_ = dialect_.connect(address_, read_only_, first_patience_s);
    const int64_t found = exists ? version() : 0;
    if (found == 0 && mode != StoreMode::create_or_open)
      throw EmptyDatabase(file_ + ": holds no results; expected schema version " + std::to_string(schema_version()));
    if (found == schema_version()) refuse_foreign_definitions(*this);
    if (read_only_) return dialect_.begin_reading_only(*sql_);
    if (!dialect_.begin_writing(*sql_)) fail("lies on a file system without shared memory for write-ahead logging");
    bring_up_to_date();
    if (found < schema_version()) refuse_foreign_definitions(*this);
  });
}

// A new session in place of the one that was lost.
void Database::connect(int patience_s) const {
  sql_ = dialect_.connect(address_, read_only_, patience_s);
  if (read_only_)
    dialect_.begin_reading_only(*sql_);
  else
    dialect_.begin_writing(*sql_);
}

// A statement that nothing is lost without, where the server is away for example.
void Database::try_to_say(const std::string& sql) const {
  try {
    *sql_ << sql;
  } catch (const soci::soci_error&) {
  }
}

int64_t Database::version() const {
  const auto number = [&](const std::string& sql) { return std::get<0>(select<int64_t>(*this, sql).front()); };
  if (number(dialect_.count_tables()) == 0) return 0;
  const std::string expected = "expected version " + std::to_string(schema_version());
  if (number(dialect_.count_version_tables()) == 0)
    fail("is a database of another program: found no schema version, " + expected);
  const int64_t version = number("SELECT coalesce(max(version), 0) FROM schema_version");
  const bool is_newer = version > schema_version(), is_too_old = version < dialect_.oldest_version();
  const std::string found = "has schema version " + std::to_string(version) + ", " + expected;
  if (version == 0) fail("has lost its schema version; " + damage_advice);
  if (is_newer) fail(found + ": a later version of mdsearch made it, and is needed for it");
  if (is_too_old) fail(found + ", and cannot be brought up to date");
  if (read_only_ && version < schema_version()) fail(found + "; `mdsearch db upgrade --db FILE` brings it up to date");
  return version;
}

void Database::bring_up_to_date() {
  transaction([&] {
    const int64_t found = version();
    for (const auto& step : found == 0 ? std::vector{whole_schema(dialect_)} : migrations()) {
      if (step.version <= found) continue;
      for (const auto& statement : step.statements) execute(statement);
      execute("INSERT INTO schema_version VALUES(:version, :now, :description)", step.version, now(), step.description);
    }
    const auto known = select<int64_t>(*this, "SELECT count(*) FROM literature");
    if (std::get<0>(known.front()) == int64_t(literature().size())) return;
    for (const auto& row : literature()) insert(*this, row);
  });
}

void Database::guarded(const std::function<void()>& body) const {
  try {
    body();
  } catch (const soci::soci_error& error) {
    if (!dialect_.is_lost(error)) fail(dialect_.explain(error));
    if (depth_ > 0) throw ConnectionLost(file_ + ": " + dialect_.explain(error), this);
    connect(later_patience_s);
    guarded(body);
  } catch (const fs::filesystem_error& error) {
    fail(error.what());
  }
}

void Database::run_transaction(Others others, const std::function<void()>& body) {
  if (read_only_) fail("is opened for reading only");
  if (depth_ > 0) return body();
  for (;;) try {
      return run_once(others, body);
    } catch (const ConnectionLost& error) {
      if (error.database != this) throw;
      connect(later_patience_s);
    }
}

void Database::run_once(Others others, const std::function<void()>& body) {
  ++depth_;
  try {
    guarded([&] {
      const auto begin = others == Others::wait ? dialect_.begin_alone() : std::vector{dialect_.begin_beside_others()};
      for (const auto& statement : begin) *sql_ << statement;
    });
    body();
    guarded([&] { *sql_ << "COMMIT"; });
  } catch (...) {
    --depth_;
    try_to_say("ROLLBACK");  // the database may have rolled back itself, as on a full disk
    throw;
  }
  --depth_;
}

void Database::durably(const std::function<void()>& body) {
  execute(dialect_.flush_commits(true));
  try {
    transaction(body);
  } catch (...) {
    try_to_say(dialect_.flush_commits(false));
    throw;
  }
  try_to_say(dialect_.flush_commits(false));
}

void Database::snapshot(const std::function<void()>& body) const {
  guarded([&] { *sql_ << dialect_.begin_snapshot(); });
  ++depth_;
  const auto end = [&] {
    --depth_;
    try_to_say("ROLLBACK");
  };
  try {
    body();
  } catch (...) {
    end();
    throw;
  }
  end();
}

int64_t Database::run(const std::string& sql, const std::vector<Value>& arguments) {
  if (read_only_) fail("is opened for reading only");
  int64_t changed = 0;
  guarded([&] {
    Arguments bound(*sql_, dialect_, arguments);
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
    for (const CellType type : query.types) slots.push_back({.type = type, .hex = dialect_.bytes_are_hex()});
    std::vector<Value> cells(slots.size());
    Arguments bound(*sql_, dialect_, query.arguments);
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
