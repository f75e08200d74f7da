#include "pipeline/tensor_file.h"

#include <ATen/ATen.h>

#include <array>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "pipeline/mapped_file.h"
#include "pipeline/safetensors.h"
#include "spec/new_file.h"

namespace mds {
namespace {

// In the order of the enumerators of DataType.
constexpr std::array torch_types = {at::kDouble, at::kFloat,  at::kHalf,   at::kBFloat16,      at::kLong,
                                    at::kInt,    at::kShort,  at::kChar,   at::kByte,          at::kBool,
                                    at::kUInt64, at::kUInt32, at::kUInt16, at::kFloat8_e4m3fn, at::kFloat8_e5m2};
static_assert(torch_types.size() == EnumNames<DataType>::names.size());

DataType type_of(at::ScalarType type, const std::string& name) {
  const auto found = std::find(torch_types.begin(), torch_types.end(), type);
  if (found == torch_types.end())
    throw FileError("tensor " + shown(name) + " of type " + c10::toString(type) + " cannot be written to safetensors");
  return DataType(found - torch_types.begin());
}

// A view of the file's bytes that keeps the mapping alive and releases its pages at the end; a copy where the bytes are
// not aligned for the type.
Tensor tensor_of(const TensorEntry& entry, uint64_t data_begin, const std::shared_ptr<const MappedFile>& mapped) {
  const auto type = torch_types[size_t(entry.type)];
  if (entry.begin == entry.end) return at::empty(entry.shape, type);
  char* const data = mapped->data() + data_begin + entry.begin;
  if (reinterpret_cast<uintptr_t>(data) % bytes_each(entry.type) == 0)
    return at::from_blob(
        data, entry.shape, [mapped, bytes = entry.end - entry.begin](void* p) { mapped->forget(p, bytes); }, type);
  Tensor copy = at::empty(entry.shape, type);
  std::memcpy(copy.data_ptr(), data, entry.end - entry.begin);
  return copy;
}

TensorFile load_whole(const std::string& file) {
  const auto mapped = std::make_shared<const MappedFile>(file);
  SafetensorsHeader header = parse_safetensors(mapped->bytes(), file);
  TensorFile content{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const auto& entry : header.tensors) content.tensors[entry.name] = tensor_of(entry, header.data_begin, mapped);
  return content;
}

// The file of each tensor, from the index's weight_map: names of files beside the index, never paths to other folders.
std::map<std::string, std::string> shard_of_each(const std::string& index) {
  const MappedFile mapped(index);
  if (mapped.bytes().size() > most_header_bytes)
    throw FileError(index + ": is " + std::to_string(mapped.bytes().size()) + " bytes; allowed: at most " +
                    std::to_string(most_header_bytes));
  const Json json = parse_json(mapped.bytes(), index, most_header_bytes);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw FileError(index + ": has no weight_map; expected {\"weight_map\": {TENSOR: FILE}}");
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    const auto* name = shard.get_ptr<const std::string*>();
    if (!name || !name->ends_with(".safetensors") || name->find_first_of("/\\") != std::string::npos)
      throw FileError(index + ": weight_map: tensor " + shown(tensor) + " is in " + shown(shard) +
                      "; expected a .safetensors file beside the index");
    shards[tensor] = *name;
  }
  return shards;
}

TensorFile load_shards(const std::string& index) {
  const auto shards = shard_of_each(index);
  std::set<std::string> files;
  for (const auto& [tensor, shard] : shards) files.insert(shard);
  TensorFile content;
  for (const auto& shard : files) {
    const std::string file = (std::filesystem::path(index).parent_path() / shard).string();
    TensorFile part = load_whole(file);
    for (auto& [name, tensor] : part.tensors) {
      const auto found = shards.find(name);
      if (found == shards.end() || found->second != shard)
        throw FileError(file + ": holds tensor " + shown(name) + ", which " + index + " does not place there");
      content.tensors[name] = std::move(tensor);
    }
    content.metadata.merge(part.metadata);
  }
  for (const auto& [name, shard] : shards)
    if (!content.tensors.contains(name)) throw FileError(index + ": tensor " + shown(name) + " is not in " + shard);
  return content;
}

std::string header_of(const TensorFile& content, const std::function<at::ScalarType(const Tensor&)>& written_as) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : content.tensors) {
    const DataType type = type_of(written_as(tensor), name);
    const uint64_t bytes = uint64_t(tensor.numel()) * bytes_each(type);
    header[name] = {
        {"dtype", name_of(type)}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  constexpr size_t alignment = tensor_alignment, prefix = sizeof(uint64_t);
  text.append((alignment - (prefix + text.size()) % alignment) % alignment, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text;
}

}  // namespace

void write_tensors(NewFile& out, const TensorFile& content, std::optional<at::ScalarType> floating) {
  const auto written_as = [&](const Tensor& tensor) {
    return floating && tensor.is_floating_point() ? *floating : tensor.scalar_type();
  };
  out.write(header_of(content, written_as));
  for (const auto& [name, tensor] : content.tensors) {
    const Tensor plain = tensor.detach().to(at::kCPU, written_as(tensor)).contiguous();
    out.write({static_cast<const char*>(plain.data_ptr()), size_t(plain.numel()) * plain.element_size()});
  }
}

void save_tensors(const std::string& file, const TensorFile& content, std::optional<at::ScalarType> floating) {
  NewFile out(file);
  write_tensors(out, content, floating);
  out.put_in_place();
}

bool is_shard_index(const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  return name.ends_with(".index.json") || (name.ends_with(".json") && name.find(".safetensors.index.") != name.npos);
}

TensorFile load_tensors(const std::string& file) { return is_shard_index(file) ? load_shards(file) : load_whole(file); }

TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors)
    if (name.starts_with(prefix)) result[name.substr(prefix.size())] = tensor;
  return result;
}

TensorMap prefixed(const TensorMap& tensors, const std::string& prefix) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors) result[prefix + name] = tensor;
  return result;
}

}  // namespace mds
