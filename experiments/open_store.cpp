#include "experiments/open_store.h"

#include <filesystem>

#include "search/store/empty_database.h"

namespace mds {

std::unique_ptr<Store> open_if_there(const std::string& file) try {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? std::make_unique<Store>(file, StoreMode::open_existing) : nullptr;
} catch (const EmptyDatabase&) {
  return nullptr;
}

Store& opened(std::unique_ptr<Store>& store, const std::string& file) {
  if (!store) store = std::make_unique<Store>(file);
  return *store;
}

}  // namespace mds
