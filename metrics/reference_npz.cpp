#include "metrics/reference_npz.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <regex>

#include "data/archive.h"
#include "pipeline/tensor_file.h"
#include "pipeline/weights.h"

namespace mds {
namespace {

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr size_t most_npy_header_bytes = 4096;  // std::regex recurses once a letter; NumPy writes 118 bytes

// The header of an .npy: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }.
struct NpyHeader {
  at::ScalarType type = at::kDouble;
  bool column_major = false;
  std::vector<int64_t> shape;
};

NpyHeader parse_header(const std::string& text, const std::string& name) {
  static const std::regex descr("'descr': *'([^']*)'"), order("'fortran_order': *(True|False)"),
      shape("'shape': *\\(([0-9, ]*)\\)"), number("[0-9]{1,9}");
  std::smatch type, is_column_major, sides;
  if (text.size() > most_npy_header_bytes)
    throw FileError(name + ": has a header of " + std::to_string(text.size()) + " bytes; allowed: up to " +
                    std::to_string(most_npy_header_bytes));
  if (!std::regex_search(text, type, descr) || !std::regex_search(text, is_column_major, order) ||
      !std::regex_search(text, sides, shape))
    throw FileError(name + ": has no header with descr, fortran_order and shape");
  if (type[1] != "<f8" && type[1] != "<f4")
    throw FileError(name + ": is of type " + type[1].str() + "; allowed: <f4, <f8 (float32, float64)");
  NpyHeader header{type[1] == "<f4" ? at::kFloat : at::kDouble, is_column_major[1] == "True", {}};
  const std::string list = sides[1];
  for (auto side = std::sregex_iterator(list.begin(), list.end(), number); side != std::sregex_iterator(); ++side)
    header.shape.push_back(std::stoll(side->str()));
  return header;
}

Tensor array_of(const std::map<std::string, std::string>& members, const std::string& key, const std::string& file) {
  const auto found = members.find(key + ".npy");
  if (found == members.end()) throw FileError(file + ": holds no array \"" + key + "\"; expected mu and sigma");
  Tensor array = parse_npy(found->second, file + ": " + key);
  if (!is_finite(array)) throw FileError(file + ": " + key + " is not finite");
  return array;
}

// The variances along the eigenvectors sum to the trace. What stats_of_moments sets to 0 because it is negative makes
// the factor's trace larger than sigma's.
void require_covariance(const FeatureStats& stats, const Tensor& covariance_DD, const std::string& file) {
  const double kept = stats.factor_RD.square().sum().item<double>(), trace = covariance_DD.trace().item<double>();
  const double size = stats.mean_D.square().sum().item<double>() + kept;
  if (!std::isfinite(size * size))
    throw FileError(file + ": mu and sigma are too large for a distance: their squares are not finite");
  if (kept - trace > 1e-3 * kept)
    throw FileError(file + ": sigma has negative eigenvalues, so it is no covariance: they sum to " +
                    std::to_string(trace - kept) + ", the others to " + std::to_string(kept));
}

}  // namespace

bool is_npz(const std::string& file) { return file.ends_with(".npz"); }

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  constexpr size_t before_length = 8;  // the magic and two bytes of version
  const size_t length_bytes = bytes.size() > before_length && bytes[6] > 1 ? 4 : 2;
  const size_t before_header = before_length + length_bytes;
  if (!bytes.starts_with(npy_magic) || bytes.size() < before_header) throw FileError(name + ": is no .npy array");
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + before_length, length_bytes);
  if (length > bytes.size() - before_header)
    throw FileError(name + ": its header claims " + std::to_string(length) + " bytes, " +
                    std::to_string(bytes.size() - before_header) + " are there");
  NpyHeader header = parse_header(std::string(bytes.substr(before_header, length)), name);
  const std::string_view data = bytes.substr(before_header + length);
  uint64_t wanted = c10::elementSize(header.type);
  for (const int64_t side : header.shape) wanted = std::min(wanted * uint64_t(side), uint64_t(max_member_bytes) + 1);
  if (wanted != data.size())
    throw FileError(name + ": holds " + std::to_string(data.size()) + " bytes, its shape " + sizes_text(header.shape) +
                    " needs " + (wanted > uint64_t(max_member_bytes) ? "more" : std::to_string(wanted)));
  if (header.column_major) std::ranges::reverse(header.shape);
  Tensor array = at::empty(header.shape, header.type);
  std::memcpy(array.data_ptr(), data.data(), data.size());
  if (header.column_major && array.dim() == 2) array = array.t();
  return array.to(at::kDouble).contiguous();
}

FeatureStats load_npz_stats(const std::string& file) {
  const auto members = read_zip(file, [](const std::string& name) { return name == "mu.npy" || name == "sigma.npy"; });
  return reference_stats(array_of(members, "mu", file), array_of(members, "sigma", file), file);
}

FeatureStats reference_stats(const Tensor& mean_D, const Tensor& covariance_DD, const std::string& file) {
  if (mean_D.dim() != 1 || mean_D.numel() == 0 ||
      covariance_DD.sizes() != at::IntArrayRef({mean_D.numel(), mean_D.numel()}))
    throw FileError(file + ": mu is " + sizes_text(mean_D.sizes()) + " and sigma " + sizes_text(covariance_DD.sizes()) +
                    "; expected [D] and [D, D]");
  const double asymmetry = (covariance_DD - covariance_DD.t()).abs().max().item<double>();
  if (asymmetry > 1e-6 * covariance_DD.abs().max().item<double>())
    throw FileError(file + ": sigma is not symmetric, so it is no covariance");
  FeatureStats stats = stats_of_moments(mean_D, covariance_DD);
  require_covariance(stats, covariance_DD, file);
  return stats;
}

}  // namespace mds
