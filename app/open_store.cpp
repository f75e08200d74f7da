#include "app/open_store.h"

#include <filesystem>

namespace mds {

std::unique_ptr<Store> open_if_there(const std::string& file) {
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(file, ignored) ||
                      (std::filesystem::is_regular_file(file) && std::filesystem::file_size(file) == 0);
  return is_new ? nullptr : std::make_unique<Store>(file, StoreMode::open_existing);
}

Store& opened(std::unique_ptr<Store>& store, const std::string& file) {
  if (!store) store = std::make_unique<Store>(file);
  return *store;
}

}  // namespace mds
