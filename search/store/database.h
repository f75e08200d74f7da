// A results database: one SQLite file that many processes read and write. What can be stored in it is a function of the
// header of its subject (runs.h, queue.h, metrics.h, latencies.h, ...). All of them throw StoreError, and a failed
// write changes nothing. An object is for one thread and must not be used after a fork.
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

enum class StoreMode : uint8_t { create_or_open, open_existing, read_only };

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

  const std::string& file() const { return file_; }
  int64_t version() const;  // of its schema

  // Runs `body` as one transaction that no other writer can interrupt, and returns its result: all of its writes or
  // none. May be nested: the outermost one commits, and an error must reach it.
  template <class Body>
  auto transaction(Body&& body) {
    if constexpr (std::is_void_v<decltype(body())>) {
      run_transaction(body);
    } else {
      decltype(body()) result{};
      run_transaction([&] { result = body(); });
      return result;
    }
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
  void open(StoreMode mode);
  void bring_up_to_date();
  void run_transaction(const std::function<void()>& body);
  // SQL errors in `body` become StoreError with the file's name.
  void guarded(const std::function<void()>& body) const;

  std::string file_;
  bool read_only_ = false;
  int depth_ = 0;
  std::unique_ptr<soci::session> sql_;
};

}  // namespace mds
