#include "experiments/open_store.h"

#include "search/store/empty_database.h"

namespace mds {

std::unique_ptr<Database> open_if_there(const std::string& file) try {
  return database_exists(file) ? std::make_unique<Database>(file, StoreMode::open_existing) : nullptr;
} catch (const EmptyDatabase&) {
  return nullptr;
}

Database& open_for_rows(std::unique_ptr<Database>& database, const std::string& file) {
  if (!database) database = std::make_unique<Database>(file);
  return *database;
}

}  // namespace mds
