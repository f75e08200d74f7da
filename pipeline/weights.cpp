#include "pipeline/weights.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cstring>
#include <fstream>
#include <sstream>

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

struct Header {
  Json json;
  uint64_t data_begin, data_bytes;
};

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
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw FileError(file + ": offset 8: the header is not a JSON object");
  return {std::move(json), 8 + length, size - 8 - length};
}

Tensor read_tensor(std::ifstream& in, const Json& entry, const Header& header, const Place& place) {
  const auto fail = [&](const std::string& why) { throw FileError(place.source + ": tensor " + place.path + ": " + why); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() || !entry.contains("shape") ||
      !entry["shape"].is_array() || !entry.contains("data_offsets") || entry["data_offsets"].size() != 2)
    fail("its header entry lacks dtype, shape or data_offsets");
  const auto dtype = dtype_of(entry["dtype"].get<std::string>(), place);
  std::vector<int64_t> shape;
  uint64_t bytes = c10::elementSize(dtype);
  for (const auto& side : entry["shape"]) {
    if (!side.is_number_unsigned()) fail("its shape is not a list of whole numbers");
    shape.push_back(side.get<int64_t>());
    const uint64_t n = uint64_t(shape.back());
    if (n != 0 && bytes > header.data_bytes / n) fail("its shape is larger than the file's " + std::to_string(header.data_bytes) + " bytes of data");
    bytes *= n;
  }
  for (const auto& offset : entry["data_offsets"])
    if (!offset.is_number_unsigned()) fail("its data_offsets are not whole numbers");
  const uint64_t begin = entry["data_offsets"][0].get<uint64_t>(), end = entry["data_offsets"][1].get<uint64_t>();
  if (begin > end || end > header.data_bytes || end - begin != bytes)
    fail("occupies bytes " + std::to_string(begin) + " to " + std::to_string(end) + ", its shape needs " + std::to_string(bytes) +
         " and the file holds " + std::to_string(header.data_bytes) + "; the file is truncated or damaged");
  Tensor tensor = at::empty(shape, dtype);
  in.seekg(std::streamoff(header.data_begin + begin));
  if (bytes > 0 && !in.read(static_cast<char*>(tensor.data_ptr()), std::streamsize(bytes))) fail("cannot be read");
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
    header[name] = {{"dtype", dtype_name(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + bytes}}};
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
  std::ifstream in(file, std::ios::binary);
  if (!in) throw FileError(file + ": cannot be read: " + std::strerror(errno));
  const Header header = read_header(in, file);
  TensorFile content;
  for (const auto& [name, entry] : header.json.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) content.metadata[key] = value.is_string() ? value.get<std::string>() : value.dump();
    } else {
      content.tensors[name] = read_tensor(in, entry, header, {file, name});
    }
  }
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
      problems.push_back("misshapen " + item.key() + ": " + sizes_text(found->second.sizes()) + ", expected " + sizes_text(item.value().sizes()));
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
  std::ifstream in(file, std::ios::binary);
  if (!in) throw FileError(file + ": cannot be read: " + std::strerror(errno));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return sha256(bytes.view());
}

}  // namespace mds
