#include "pipeline/weights.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

#include "spec/describe.h"

namespace mds {
namespace {

constexpr uint64_t most_header_bytes = 100'000'000;

const std::vector<std::pair<std::string, at::ScalarType>>& dtype_names() {
  static const std::vector<std::pair<std::string, at::ScalarType>> names = {
      {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F64", at::kDouble}, {"I64", at::kLong},
      {"I32", at::kInt},   {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};
  return names;
}

at::ScalarType dtype_of(const std::string& name, const Place& place) {
  for (const auto& [text, dtype] : dtype_names())
    if (text == name) return dtype;
  throw FileError(place.source + ": tensor " + place.path + " has dtype \"" + name + "\", which is not supported");
}

std::string dtype_name(at::ScalarType dtype) {
  for (const auto& [text, known] : dtype_names())
    if (known == dtype) return text;
  throw FileError("a tensor of type " + std::string(c10::toString(dtype)) + " cannot be written to safetensors");
}

std::ifstream open_file(const std::string& file) {
  if (std::filesystem::is_directory(file)) throw FileError(file + ": is a folder; expected a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw FileError(file + ": cannot be read: " + std::strerror(errno));
  return in;
}

struct Header {
  Json json;
  uint64_t data_begin, data_bytes;
};

Json parse_header(const std::string& text, const std::string& file) {
  const std::string place = file + ": offset 8: the header";
  try {
    Json json = parse_json(text, place);
    if (json.is_object()) return json;
  } catch (const ConfigError& error) {
    throw FileError(error.what());
  }
  throw FileError(place + " is not a JSON object");
}

Header read_header(std::ifstream& in, const std::string& file) {
  in.seekg(0, std::ios::end);
  const uint64_t size = uint64_t(in.tellg());
  in.seekg(0);
  uint64_t length = 0;
  if (size < 8 || !in.read(reinterpret_cast<char*>(&length), 8))
    throw FileError(file + ": is " + std::to_string(size) + " bytes; a safetensors file has at least 8");
  if (length > most_header_bytes || length > size - 8)
    throw FileError(file + ": offset 0: the header claims " + std::to_string(length) + " bytes, the file holds " +
                    std::to_string(size - 8) + " behind it; it is truncated or no safetensors file");
  std::string text(length, '\0');
  in.read(text.data(), std::streamsize(length));
  return {parse_header(text, file), 8 + length, size - 8 - length};
}

// Where a tensor lies in the file, checked against its own shape and the file's size.
struct Entry {
  std::string name;
  at::ScalarType dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end;  // offsets behind the header
};

Entry read_entry(const std::string& name, const Json& json, const Header& header, const std::string& file) {
  const auto fail = [&](const std::string& why) { throw FileError(file + ": tensor " + name + ": " + why); };
  const auto list = [&](const char* key) { return json.contains(key) && json[key].is_array(); };
  if (!json.is_object() || !json.contains("dtype") || !json["dtype"].is_string() || !list("shape") ||
      !list("data_offsets") || json["data_offsets"].size() != 2)
    fail("its header entry lacks dtype, shape or data_offsets");
  Entry entry{.name = name,
              .dtype = dtype_of(json["dtype"].get<std::string>(), {file, name}),
              .shape = {},
              .begin = 0,
              .end = 0};
  uint64_t bytes = c10::elementSize(entry.dtype);
  for (const auto& side : json["shape"]) {
    if (!side.is_number_unsigned()) fail("its shape is not a list of whole numbers");
    const uint64_t n = side.get<uint64_t>();
    if (n > header.data_bytes || (n != 0 && bytes > header.data_bytes / n))
      fail("its shape is larger than the file's " + std::to_string(header.data_bytes) + " bytes of data");
    entry.shape.push_back(int64_t(n));
    bytes *= n;
  }
  for (const auto& offset : json["data_offsets"])
    if (!offset.is_number_unsigned()) fail("its data_offsets are not whole numbers");
  entry.begin = json["data_offsets"][0].get<uint64_t>();
  entry.end = json["data_offsets"][1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > header.data_bytes || entry.end - entry.begin != bytes)
    fail("occupies bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) + ", its shape needs " +
         std::to_string(bytes) + " and the file holds " + std::to_string(header.data_bytes) +
         "; the file is truncated or damaged");
  return entry;
}

// In the order of the data, which the tensors must fill without overlap or hole.
std::vector<Entry> in_file_order(std::vector<Entry> entries, const Header& header, const std::string& file) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& x, const Entry& y) { return std::tie(x.begin, x.end) < std::tie(y.begin, y.end); });
  uint64_t at = 0;
  for (const auto& entry : entries) {
    if (entry.begin != at)
      throw FileError(file + ": tensor " + entry.name + ": begins at byte " + std::to_string(entry.begin) +
                      " of the data, expected " + std::to_string(at) + ", where the one before it ends");
    at = entry.end;
  }
  if (at != header.data_bytes)
    throw FileError(file + ": its tensors end at byte " + std::to_string(at) + " of the data, the file holds " +
                    std::to_string(header.data_bytes));
  return entries;
}

Tensor read_tensor(std::ifstream& in, const Entry& entry, const Header& header, const std::string& file) {
  Tensor tensor = at::empty(entry.shape, entry.dtype);
  in.seekg(std::streamoff(header.data_begin + entry.begin));
  if (entry.end > entry.begin &&
      !in.read(static_cast<char*>(tensor.data_ptr()), std::streamsize(entry.end - entry.begin)))
    throw FileError(file + ": tensor " + entry.name + ": cannot be read: " + std::strerror(errno));
  return tensor;
}

void complain(const std::string& source, const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string text = source + ": " + std::to_string(problems.size()) + " tensors do not fit the network:";
  for (size_t i = 0; i < std::min<size_t>(10, problems.size()); ++i) text += "\n  " + problems[i];
  throw FileError(text);
}

std::string sizes_text(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

}  // namespace

void save_tensors(const std::string& file, const TensorFile& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : content.tensors) {
    const uint64_t bytes = uint64_t(tensor.numel()) * tensor.element_size();
    header[name] = {{"dtype", dtype_name(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  bytes.reserve(8 + length + offset);
  bytes += text;
  for (const auto& [name, tensor] : content.tensors) {
    const Tensor plain = tensor.detach().to(at::kCPU).contiguous();
    bytes.append(static_cast<const char*>(plain.data_ptr()), plain.numel() * plain.element_size());
  }
  save_text(file, bytes);
}

TensorFile load_tensors(const std::string& file) {
  std::ifstream in = open_file(file);
  const Header header = read_header(in, file);
  TensorFile content;
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.json.items()) {
    if (name != "__metadata__") {
      entries.push_back(read_entry(name, json, header, file));
      continue;
    }
    if (!json.is_object()) throw FileError(file + ": offset 8: the header's __metadata__ is not an object");
    for (const auto& [key, value] : json.items()) {
      if (!value.is_string()) throw FileError(file + ": offset 8: the metadata \"" + key + "\" is not a text");
      content.metadata[key] = value.get<std::string>();
    }
  }
  for (const auto& entry : in_file_order(std::move(entries), header, file))
    content.tensors[entry.name] = read_tensor(in, entry, header, file);
  return content;
}

TensorMap weights_of(const Network& network) {
  TensorMap tensors;
  for (const auto& item : network.named_parameters()) tensors[item.key()] = item.value().detach();
  return tensors;
}

TensorMap converted(const TensorMap& tensors, at::ScalarType dtype) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors) result[name] = tensor.is_floating_point() ? tensor.to(dtype) : tensor;
  return result;
}

void load_weights(Network& network, const TensorMap& tensors, const std::string& source) {
  std::vector<std::string> problems;
  const auto parameters = network.named_parameters();
  for (const auto& item : parameters) {
    const auto found = tensors.find(item.key());
    if (found == tensors.end()) {
      problems.push_back("missing " + item.key());
    } else if (found->second.sizes() != item.value().sizes()) {
      problems.push_back("misshapen " + item.key() + ": " + sizes_text(found->second.sizes()) + ", expected " +
                         sizes_text(item.value().sizes()));
    } else if (!found->second.isfinite().all().item<bool>()) {
      problems.push_back("not finite " + item.key());
    }
  }
  for (const auto& [name, unused] : tensors)
    if (!parameters.contains(name)) problems.push_back("unexpected " + name);
  complain(source, problems);
  torch::NoGradGuard no_grad;
  for (const auto& item : parameters) item.value().detach().copy_(tensors.at(item.key()));
}

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

std::string file_sha256(const std::string& file) {
  std::ostringstream bytes;
  bytes << open_file(file).rdbuf();
  return sha256(bytes.view());
}

}  // namespace mds
