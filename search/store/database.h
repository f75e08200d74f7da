// A results database, which many processes read and write: a file of SQLite, or a database of a PostgreSQL server at
// "postgresql://USER@HOST/NAME". What can be stored in it is a function of the header of its subject (runs.h, queue.h,
// metrics.h, latencies.h, ...). All of them throw StoreError, and a failed write changes nothing. An object is for one
// thread and must not be used after a fork.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "search/store/value.h"

namespace soci {
class session;
}

namespace mds {

class SqlDialect;

enum class StoreMode : uint8_t { create_or_open, open_existing, read_only };

// Whether there is anything to open; a server says so only once it is connected.
bool database_exists(const std::string& file);

// A SELECT with the types of its columns and the values of its placeholders (":name"), in order.
struct Query {
  std::string sql{};
  std::vector<CellType> types{};
  std::vector<Value> arguments{};
};

class Database {
 public:
  // Brings a file of an older version up to date, unless it is opened for reading. ":memory:" is a database that exists
  // as long as the object.
  explicit Database(const std::string& file, StoreMode mode = StoreMode::create_or_open);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& file() const { return file_; }  // how messages name it, without a password
  int64_t version() const;                           // of its schema
  const SqlDialect& dialect() const { return dialect_; }
  int64_t now() const;  // seconds since 1970, by the server's clock where there is one

  // Runs `body` as one transaction that no other writer can interrupt, and returns its result: all of its writes or
  // none. May be nested: the outermost one commits, and an error must reach it. Where a server was lost on the way,
  // `body` runs again.
  template <class Body>
  auto transaction(Body&& body) {
    return run_with(Others::wait, body);
  }

  // The same, beside writers of other rows: what `body` reads to decide on is locked by it (SqlDialect::lock_rows).
  template <class Body>
  auto row_transaction(Body&& body) {
    return run_with(Others::go_on, body);
  }

  // As transaction() outside of any other; all that was committed up to its end survives a loss of power.
  void durably(const std::function<void()>& body);

  // Runs `body`, to whose queries the database does not change.
  void snapshot(const std::function<void()>& body) const;

  // One statement that writes; returns how many rows it changed, added or removed.
  template <class... Arguments>
  int64_t execute(const std::string& sql, const Arguments&... arguments) {
    return run(sql, {to_value(arguments)...});
  }
  int64_t run(const std::string& sql, const std::vector<Value>& arguments);

  void query(const Query& query, const std::function<void(const std::vector<Value>&)>& row) const;

  [[noreturn]] void fail(const std::string& message) const;

 private:
  enum class Others : uint8_t { wait, go_on };

  template <class Body>
  auto run_with(Others others, Body&& body) {
    if constexpr (std::is_void_v<decltype(body())>) {
      run_transaction(others, body);
    } else {
      decltype(body()) result{};
      run_transaction(others, [&] { result = body(); });
      return result;
    }
  }

  void open(StoreMode mode);
  void connect(int patience_s) const;
  void bring_up_to_date();
  void run_transaction(Others others, const std::function<void()>& body);
  void run_once(Others others, const std::function<void()>& body);
  void try_to_say(const std::string& sql) const;
  // SQL errors in `body` become StoreError with the database's name. Outside a transaction, `body` runs again over a
  // new connection where the old one was lost.
  void guarded(const std::function<void()>& body) const;

  std::string address_, file_;
  const SqlDialect& dialect_;
  bool read_only_ = false;
  mutable int depth_ = 0;  // of transactions and snapshots
  mutable std::unique_ptr<soci::session> sql_;
};

}  // namespace mds
