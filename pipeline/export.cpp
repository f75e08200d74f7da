#include "pipeline/export.h"

#include <torch/csrc/jit/serialization/export.h>

#include <exception>
#include <filesystem>

#include "pipeline/trace.h"
#include "spec/new_file.h"

namespace mds {

std::vector<std::string> export_safetensors(const std::string& file, const Network& network, const NetworkSpec& spec,
                                            at::ScalarType dtype) {
  const std::string beside = std::filesystem::path(file).replace_extension(".json").string();
  save_tensors(file, {.tensors = weights_of(network), .metadata = {{"format", "pt"}, {"hash", hash_of(spec)}}}, dtype);
  save_text(beside, to_json(spec).dump(2) + "\n");
  return {file, beside};
}

std::vector<std::string> export_torchscript(const std::string& file, const Network& network, const NetworkSpec& spec) {
  const torch::jit::Module module = trace(network, spec);
  NewFile out(file);
  // An exception must not pass through the writer's destructor, which would end the program. So the writer is told that
  // all went well, and the failure is rethrown after it is done.
  std::exception_ptr failure;
  torch::jit::ExportModule(module,
                           [&](const void* bytes, size_t count) {
                             try {
                               if (!failure) out.write({static_cast<const char*>(bytes), count});
                             } catch (...) {
                               failure = std::current_exception();
                             }
                             return count;
                           },
                           {{"spec.json", canonical_json(spec)}});
  if (failure) std::rethrow_exception(failure);
  out.put_in_place();
  return {file};
}

}  // namespace mds
