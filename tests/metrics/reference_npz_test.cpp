// Reference statistics that NumPy 2.4.6 wrote: np.savez_compressed(FILE, mu=x.mean(0), sigma=np.cov(x, rowvar=False)).
#include "metrics/reference_npz.h"

#include <ATen/ATen.h>

#include "metrics/measure.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string file = MDS_SOURCE_DIR "/tests/data/reference-stats.npz";

Tensor features() {  // the x of the file
  return at::tensor({1., 2., 3., 2., 0., 1., 4., 1., 0., 3., 3., 2., 0., 5., 1.}).view({5, 3});
}

std::string npy(const std::string& header, const std::string& data) {
  const auto length = uint16_t(header.size());
  return "\x93NUMPY" + std::string("\1\0", 2) + std::string(reinterpret_cast<const char*>(&length), 2) + header + data;
}

std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

}  // namespace

TEST_CASE("statistics of an .npz are those of the features they were made of", "[metrics]") {
  const FeatureStats read = load_npz_stats(file), made = feature_stats(features());
  CHECK(at::allclose(read.mean_D, made.mean_D));
  CHECK(at::allclose(read.factor_RD.t().matmul(read.factor_RD), made.factor_RD.t().matmul(made.factor_RD)));
  CHECK(frechet_distance(read, made) == Approx(0).margin(1e-9));
  const FeatureStats other = feature_stats(features() * 2 + 1);
  CHECK(frechet_distance(read, other) == Approx(frechet_distance(made, other)));
}

TEST_CASE("arrays in columns and of float32 are read", "[metrics]") {
  const std::string rows = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
  const std::string columns = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";
  const Tensor expected = at::arange(6, at::kDouble).view({2, 3});
  CHECK(at::equal(parse_npy(npy(rows, bytes_of({0, 1, 2, 3, 4, 5})), "x"), expected));
  CHECK(at::equal(parse_npy(npy(columns, bytes_of({0, 3, 1, 4, 2, 5})), "x"), expected));
}

TEST_CASE("moments that no pictures have are refused", "[metrics]") {
  const Tensor mean = at::zeros({2}, at::kDouble), one = at::eye(2, at::kDouble);
  const auto refused = [](const Tensor& mu, const Tensor& sigma, const std::string& why) {
    CHECK_THROWS_WITH(reference_stats(mu, sigma, "x.npz"), Contains("x.npz: " + why));
  };
  refused(mean, at::eye(3, at::kDouble), "mu is [2] and sigma [3, 3]; expected [D] and [D, D]");
  refused(mean, at::tensor({1., 2., 0., 1.}).view({2, 2}), "sigma is not symmetric");
  refused(mean, at::tensor({1., 2., 2., 1.}).view({2, 2}), "sigma has negative eigenvalues");
  refused(mean, -one, "sigma has negative eigenvalues");
  refused(mean + 1e200, one, "mu and sigma are too large for a distance");
  refused(mean, one * 1e200, "mu and sigma are too large for a distance");
  CHECK(reference_stats(mean, at::zeros({2, 2}, at::kDouble), "x.npz").n == 3);
  // Rounding to float32 makes a covariance of low rank slightly negative.
  const Tensor low_rank = at::tensor({1., 1. + 6e-8, 1. + 6e-8, 1.}).view({2, 2});
  CHECK(reference_stats(mean, low_rank, "x.npz").factor_RD.square().sum().item<double>() == Approx(2));
}

TEST_CASE("arrays that are damaged or of another type are refused", "[metrics]") {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
  CHECK_THROWS_WITH(parse_npy("garbage", "x"), Contains("x: is no .npy array"));
  CHECK_THROWS_WITH(parse_npy(npy(header, "1234"), "x"), Contains("x: holds 4 bytes") && Contains("needs 8"));
  CHECK_THROWS_WITH(parse_npy(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", ""), "x"),
                    Contains("x: is of type <i8; allowed: <f4, <f8"));
  const std::string huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999, 999999999, 999999999), }";
  CHECK_THROWS_WITH(parse_npy(npy(huge, ""), "x"), Contains("needs more"));
  CHECK_THROWS_WITH(parse_npy(npy("{'descr': '" + std::string(60000, 'x') + "'}", ""), "x"),
                    Contains("x: has a header of 60013 bytes; allowed: up to 4096"));
  CHECK_THROWS_WITH(load_npz_stats(MDS_SOURCE_DIR "/README.md"), Contains("README.md"));
}
