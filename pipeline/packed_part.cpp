#include "pipeline/packed_part.h"

#include <ATen/ATen.h>
#include <ATen/Version.h>

#include <filesystem>
#include <map>

#include "blocks/kernels/packing.h"
#include "spec/error.h"
#include "spec/listed.h"
#include "spec/new_file.h"

namespace mds {
namespace {

using Origin = std::map<std::string, std::string>;

std::string tensor_name(size_t i) {
  std::string digits = std::to_string(i);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

std::string text_of(const PackedShape& shape) {
  return c10::str(c10::toString(shape.dtype), " ", sizes_text(shape.sizes));
}

// Tensors as a packed file has them.
class Mapped final : public Packing {
 public:
  Mapped(const std::string& file, const Origin& origin) : file_(file), content_(load_tensors(file)) {
    for (const auto& [key, value] : origin)
      if (const auto found = content_.metadata.find(key); found == content_.metadata.end() || found->second != value)
        throw FileError(file_ + ": does not fit, as it differs in " + key);
  }

  std::vector<Tensor> next(const std::vector<PackedShape>& shapes,
                           const std::function<std::vector<Tensor>()>&) override {
    std::vector<Tensor> kept;
    for (const auto& shape : shapes) {
      const auto found = content_.tensors.find(tensor_name(taken_++));
      if (found == content_.tensors.end()) throw FileError(file_ + ": lacks tensor " + tensor_name(taken_ - 1));
      const PackedShape own{found->second.scalar_type(), found->second.sizes().vec()};
      if (own.dtype != shape.dtype || own.sizes != shape.sizes)
        throw FileError(file_ + ": tensor " + found->first + " is " + text_of(own) + ", expected " + text_of(shape));
      kept.push_back(found->second);
    }
    return kept;
  }

 private:
  std::string file_;
  TensorFile content_;
  size_t taken_ = 0;
};

// Tensors as layers pack them, by the names that they have in a packed file.
class Packed final : public Packing {
 public:
  std::vector<Tensor> next(const std::vector<PackedShape>& shapes,
                           const std::function<std::vector<Tensor>()>& make) override {
    std::vector<Tensor> made = make();
    for (size_t i = 0; i < shapes.size(); ++i) {
      TORCH_INTERNAL_ASSERT(made[i].scalar_type() == shapes[i].dtype && made[i].sizes() == shapes[i].sizes, "packed ",
                            made[i].sizes(), " for ", text_of(shapes[i]));
      const std::string name = tensor_name(count_++);
      tensors[name] = made[i];
      if (const int64_t over = int64_t(made[i].nbytes()) % tensor_alignment; over > 0)
        tensors[name + ".padding"] = at::zeros({tensor_alignment - over}, at::kByte);
    }
    return made;
  }

  TensorMap tensors;

 private:
  size_t count_ = 0;
};

struct PackedFile {
  std::string path;
  Origin origin;  // what it says of itself where it is of use
};

PackedFile packed_file(const std::vector<std::string>& weights, const std::string& part, const PartLoading& loading) {
  const std::string numbers(name_of(loading.placement.dtype)), processor = at::get_cpu_capability();
  const auto hash = [&](const std::string& file) { return file_sha256(file, loading.packed); };
  return {.path = loading.packed.name_for(weights.back(), part + "-" + numbers, processor) + ".packed",
          .origin = {{"weights", listed(weights, hash)},
                     {"layout", std::to_string(packing_version)},
                     {"dtype", numbers},
                     {"processor", processor}}};
}

// Nothing where there is no file that fits.
NetworkPtr mapped(const PackedFile& file, const Plan& plan, const PartLoading& loading) {
  if (!std::filesystem::exists(file.path)) return nullptr;
  try {
    Mapped packing(file.path, file.origin);
    NetworkPtr network = make_network(plan, loading.placement);
    network->prepare(loading.placement.kernels, &packing);
    network->eval();
    loading.packed.say("packed weights are mapped from " + loading.packed.folder);
    return network;
  } catch (const FileError& error) {
    loading.packed.say(std::string(error.what()) + "; it is made anew");
    return nullptr;
  }
}

void save(const PackedFile& file, TensorMap tensors, const PackedFiles& packed) {
  try {
    make_folder(packed.folder);
    save_tensors(file.path, {.tensors = std::move(tensors), .metadata = file.origin});
    packed.say(std::to_string(std::filesystem::file_size(file.path) / 1'000'000) +
               " MB of packed weights are kept in " + file.path);
  } catch (const WriteError& error) {
    packed.say(std::string(error.what()) + "; packed weights are not kept");
  }
}

}  // namespace

NetworkPtr load_prepared(const std::string& folder, const std::string& part, Plan plan, const PartLoading& loading) {
  const auto prepared = [&](Packing* packing) {
    NetworkPtr network =
        load_changed_part({folder, part}, std::move(plan), loading.placement, with_updates(loading.loras, part));
    network->prepare(loading.placement.kernels, packing);
    return network;
  };
  const std::vector<std::string> weights = part_files(folder, part);
  const bool packs =
      loading.placement.kernels == Kernels::prepared && loading.placement.device.is_cpu() && can_prepare();
  if (!packs || !loading.packed.keeps(weights.front()) || changes(loading.loras, part)) return prepared(nullptr);
  const PackedFile file = packed_file(weights, part, loading);
  if (NetworkPtr network = mapped(file, plan, loading)) return network;
  Packed packing;
  NetworkPtr network = prepared(&packing);
  save(file, std::move(packing.tensors), loading.packed);
  return network;
}

}  // namespace mds
