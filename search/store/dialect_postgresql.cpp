// A database of a PostgreSQL server, at "postgresql://USER@HOST/NAME" or any other URI that libpq reads. SOCI's half
// for it is loaded when one is opened, so that no other command needs it.
#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "search/store/dialect.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr int lock_timeout_s = 30;

// Of an address that does not set them itself: a network that is cut is noticed within half a minute, not after hours.
struct Setting {
  const char *name, *value;
};
constexpr std::array<Setting, 5> noticing_cuts{{{"connect_timeout", "5"},
                                                {"keepalives_idle", "10"},
                                                {"keepalives_interval", "5"},
                                                {"keepalives_count", "3"},
                                                {"tcp_user_timeout", "30000"}}};
// The same for the server, which keeps the locks of a client until it misses it; others wait for a lock for longer.
constexpr std::array<Setting, 4> missing_clients{{{"tcp_keepalives_idle", "5"},
                                                  {"tcp_keepalives_interval", "3"},
                                                  {"tcp_keepalives_count", "3"},
                                                  {"tcp_user_timeout", "15000"}}};

// With one setting at least: SOCI takes the end of an address without any for a setting that lacks its value.
std::string with_settings(std::string address) {
  for (const auto& [name, value] : noticing_cuts)
    if (address.find(std::string(name) + "=") == std::string::npos)
      address += (address.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + value;
  return address;
}

// Any number will do, as long as all writers of all versions agree.
constexpr const char* writers_lock = "SELECT pg_advisory_xact_lock(20231128)";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What the server or libpq said, without SOCI's words around it.
std::string words_of(const soci::soci_error& error) {
  std::string text = error.get_error_message();
  for (const std::string lead : {"Cannot establish connection to the database.", "Cannot prepare statement.",
                                 "Cannot execute query.", "Fatal error.", "ERROR:"})
    if (text.starts_with(lead)) text.erase(0, std::min(text.find_first_not_of(" \n", lead.size()), text.size()));
  return first_line(text);
}

bool says(const soci::soci_error& error, std::initializer_list<const char*> phrases) {
  const std::string text = error.get_error_message();
  return std::ranges::any_of(phrases, [&](const char* phrase) { return text.find(phrase) != std::string::npos; });
}

// What a later try may not meet: a server that starts or is full, a name server that is away.
bool is_passing(const soci::soci_error& error) {
  return says(error, {"Temporary failure in name resolution", "too many clients", "remaining connection slots",
                      "too many connections", "the database system is "});
}

class Postgresql final : public SqlDialect {
 public:
  bool exists(const std::string&) const override { return true; }

  void check(const std::string&, bool) const override {}

  std::string shown(const std::string& address) const override {
    const size_t user = address.find("://") + 3, host = address.find('@', user), colon = address.find(':', user);
    const bool has_password = host != std::string::npos && colon < host;
    std::string shown = has_password ? address.substr(0, colon) + address.substr(host) : address;
    const size_t word = shown.find("password=");
    if (word != std::string::npos) shown.erase(word, std::min(shown.find('&', word), shown.size()) - word);
    return shown;
  }

  std::unique_ptr<soci::session> connect(const std::string& address, bool, int patience_s) const override {
    using namespace std::chrono;
    const auto end = steady_clock::now() + seconds(patience_s);
    for (auto wait = milliseconds(100);; wait = std::min(2 * wait, milliseconds(5000))) try {
        auto sql = std::make_unique<soci::session>("postgresql", with_settings(address));
        *sql << "SET lock_timeout = '" + std::to_string(lock_timeout_s) + "s'";
        *sql << "SET client_min_messages = warning";
        for (const auto& [name, setting] : missing_clients) *sql << "SET " + std::string(name) + " = " + setting;
        return sql;
      } catch (const soci::soci_error& error) {
        if (says(error, {"Failed to open", "Failed to find shared library"}))
          throw StoreError(shown(address) +
                           ": needs SOCI's library for PostgreSQL; install the package libsoci-postgresql4.0, or name "
                           "the folder of libsoci_postgresql.so in the variable SOCI_BACKENDS_PATH");
        const bool refused =
            says(error, {"FATAL", "invalid", "could not translate host name", "no password supplied"}) &&
            !is_lost(error) && !is_passing(error);
        if (refused) throw StoreError(shown(address) + ": " + explain(error));
        if (steady_clock::now() >= end)
          throw StoreError(shown(address) + ": does not answer, asked for " + std::to_string(patience_s) +
                           " s: " + words_of(error));
        std::this_thread::sleep_for(std::min<steady_clock::duration>(wait, end - steady_clock::now()));
      }
  }

  void begin_reading_only(soci::session& sql) const override { sql << "SET default_transaction_read_only = on"; }
  bool begin_writing(soci::session& sql) const override {
    sql << flush_commits(false);
    return true;
  }
  // A server may die alone, and who writes to it goes on after what it confirmed.
  std::string flush_commits(bool) const override { return "SET synchronous_commit = on"; }

  std::string explain(const soci::soci_error& error) const override {
    if (says(error, {"lock timeout"}))
      return "is locked by another process for more than " + std::to_string(lock_timeout_s) + " s";
    if (says(error, {"No space left on device"}))
      return "cannot be written: the disk of the server is full; nothing of this write was kept";
    if (says(error, {"no password supplied", "password authentication failed"}))
      return words_of(error) + "; the password belongs into PGPASSWORD or ~/.pgpass";
    if (says(error, {"permission denied for schema"}))
      return words_of(error) + "; the owner of the database has to grant USAGE and CREATE on it";
    return words_of(error);
  }

  bool is_lost(const soci::soci_error& error) const override {
    return error.get_error_category() == soci::soci_error::connection_error ||
           says(error,
                {"server closed the connection", "no connection to the server", "terminating connection",
                 "SSL connection has been closed", "could not receive data from server", "Connection timed out"});
  }

  std::vector<std::string> begin_alone() const override { return {"BEGIN", writers_lock}; }
  std::string begin_beside_others() const override { return "BEGIN"; }
  int64_t oldest_version() const override { return 9; }  // servers came with it
  std::string begin_snapshot() const override { return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"; }
  std::string lock_rows() const override { return " FOR UPDATE"; }
  std::string lock_free_rows() const override { return " FOR UPDATE SKIP LOCKED"; }
  std::string now() const override { return "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint)"; }

  // Text is ordered by its bytes, as everywhere else.
  std::string type_of(CellType type) const override {
    constexpr std::array<const char*, 4> names{"bigint", "double precision", "text COLLATE \"C\"", "bytea"};
    return names[size_t(type)];
  }
  std::string same(const std::string& a, const std::string& b) const override {
    return a + " IS NOT DISTINCT FROM " + b;
  }

  std::vector<std::string> create_refusal(const Refusal& refusal) const override {
    const std::string condition = refusal.condition.empty() ? "true" : refusal.condition;
    return {"CREATE FUNCTION " + refusal.name + "() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF " + condition +
                " THEN RAISE EXCEPTION ''" + refusal.message + "''; END IF; RETURN NEW; END'",
            "CREATE TRIGGER " + refusal.name + " BEFORE " + refusal.event + " FOR EACH ROW EXECUTE FUNCTION " +
                refusal.name + "()"};
  }
  std::string drop_refusal(const Refusal& refusal) const override {
    return "DROP FUNCTION " + refusal.name + "() CASCADE";
  }
  bool bytes_are_hex() const override { return true; }

  std::string count_tables() const override {
    return "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
  }
  std::string count_version_tables() const override { return count_tables() + " AND tablename = 'schema_version'"; }
  std::string definitions() const override { return ""; }
  std::string bytes_of_database() const override { return "SELECT pg_database_size(current_database())"; }
  // The server keeps its pages and references itself.
  std::string integrity_check(const std::string&) const override { return "SELECT 'ok'"; }
  std::string mistyped(const StoredTable&, const StoredColumn&) const override { return "SELECT 0"; }
  std::string reference_check() const override { return "SELECT 'ok' WHERE false"; }

 protected:
  std::string row_number() const override { return "bigint GENERATED BY DEFAULT AS IDENTITY"; }
  std::string end_of_table(const StoredTable&) const override { return ""; }
  // A row of an index ends at 2,704 bytes.
  std::string indexed(const StoredColumn& column) const override {
    return column.traits.is_long ? "md5(" + column.name + ")" : column.name;
  }
};

}  // namespace

const SqlDialect& postgresql() {
  static const Postgresql dialect;
  return dialect;
}

}  // namespace mds
