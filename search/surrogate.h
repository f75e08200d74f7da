// A Gaussian process that predicts a number from features, with an uncertainty (Rasmussen and Williams, 2006,
// algorithm 2.1). The kernel is a squared exponential in the distance of the numbers times one in the count of
// differing choices; lengths and noise are those of a small grid with the largest marginal likelihood.
#pragma once

#include <cstdint>
#include <vector>

namespace mds {

struct Features {
  std::vector<double> numbers{};   // in comparable units
  std::vector<int16_t> choices{};  // as many for all
};

struct Estimate {
  double mean = 0, sd = 0;  // of the noiseless value
};

class Surrogate {
 public:
  // At least one observation. Values are standardised inside.
  Surrogate(std::vector<Features> features, const std::vector<double>& values);
  Estimate at(const Features& features) const;

 private:
  struct Kernel {
    double numbers_length = 1, choices_length = 1, noise = 0.1;  // noise: variance, of a signal of 1
    double operator()(const Features& a, const Features& b) const;
  };
  using Matrix = std::vector<std::vector<double>>;  // lower triangle

  // Returns the logarithm of the marginal likelihood, or -infinity where the kernel's matrix is not positive definite.
  double fit(const Kernel& kernel, const std::vector<double>& values);

  std::vector<Features> features_;
  double mean_ = 0, scale_ = 1;
  Kernel kernel_;
  Matrix cholesky_;
  std::vector<double> weights_;
};

// Expected improvement below `best` (Jones et al., 1998).
double expected_improvement(const Estimate& estimate, double best);

}  // namespace mds
