#include "data/qt_resources.h"

#include <cstdint>

#include "spec/error.h"

namespace mds {
namespace {

// Header: "qres", version, then where the tree, the data and the names begin. A node of the tree: offset of its name (4
// bytes), flags (2); then for a folder the count and index of its children (4 each), for a file its locale and the
// offset of its data (4 each); version 2 adds a time (8). A name: length (2), hash (4), UTF-16; data: size (4), bytes.
class QtResources {
 public:
  QtResources(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {
    if (!bytes.starts_with("qres")) throw FileError(source + ": is no Qt resource file (.rcc)");
    const uint64_t version = number(4, 4);
    if (version < 1 || version > 3)
      throw FileError(source + ": is of version " + std::to_string(version) + "; allowed: 1 to 3");
    node_bytes_ = version == 1 ? 14 : 22;
    tree_ = number(8, 4), data_ = number(12, 4), names_ = number(16, 4);
  }

  std::map<std::string, std::string_view> files() {
    visit_children(tree_, "");
    return std::move(files_);
  }

 private:
  std::string_view part(uint64_t offset, uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw FileError(source_ + ": is broken: an offset leads out of it");
    return bytes_.substr(offset, size);
  }

  uint64_t number(uint64_t offset, uint64_t size) const {
    uint64_t value = 0;
    for (const char byte : part(offset, size)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  // Letters outside ASCII become '?'.
  std::string name(uint64_t offset) const {
    const uint64_t length = number(offset, 2);
    std::string name;
    for (uint64_t i = 0; i < length; ++i) {
      const uint64_t code = number(offset + 6 + 2 * i, 2);
      name += code < 0x80 ? char(code) : '?';
    }
    return name;
  }

  // In a valid file, children come after their parents and there are no more of them than nodes fit into the file.
  void visit_children(uint64_t node, const std::string& path) {
    const uint64_t count = number(node + 6, 4), first = tree_ + number(node + 10, 4) * node_bytes_;
    for (uint64_t i = 0; i < count; ++i) {
      if (first <= node || ++visited_ > bytes_.size() / node_bytes_)
        throw FileError(source_ + ": is broken: its tree has no end");
      visit(first + i * node_bytes_, path);
    }
  }

  void visit(uint64_t node, const std::string& parent) {
    constexpr uint64_t zlib = 1, folder = 2, zstd = 4;
    const std::string path = parent + "/" + name(names_ + number(node, 4));
    const uint64_t flags = number(node + 4, 2);
    if (flags & folder) {
      visit_children(node, path);
    } else if ((flags & (zlib | zstd)) == 0) {
      const uint64_t data = data_ + number(node + 10, 4);
      files_[path] = part(data + 4, number(data, 4));
    }
  }

  std::string_view bytes_;
  std::string source_;
  uint64_t node_bytes_ = 0, tree_ = 0, data_ = 0, names_ = 0, visited_ = 0;
  std::map<std::string, std::string_view> files_;
};

}  // namespace

std::map<std::string, std::string_view> read_qt_resources(std::string_view bytes, const std::string& source) {
  return QtResources(bytes, source).files();
}

}  // namespace mds
