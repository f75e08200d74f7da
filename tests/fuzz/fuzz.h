// Fuzzing: a target is a format with its reader; each mutated input must be read, or refused by one of our errors.
// Nothing else may happen: no other exception, no crash or report of a sanitizer, no more memory or time than stated.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mds::fuzz {

struct Target {
  std::string name{};                 // of the format, and of the folder of its kept inputs
  std::vector<std::string> seeds{};   // inputs that are read
  std::vector<std::string> tokens{};  // words of the format, for mutations
  std::function<void(const std::string& input)> read{};
  std::function<void(std::string& input)>
      repair{};       // makes lengths and checksums fit a mutated input, or most would stop there
  int64_t share = 1;  // of all mutations, relative to other targets'
  size_t most_bytes = size_t(1) << 30, most_bytes_each = 0;  // of memory at once: in all, and for each byte of input
};
std::vector<Target> targets();  // those of this program

// The mutation of a number: equal seeds and numbers give equal inputs.
std::string mutated(const Target& target, uint64_t seed, int64_t number);

// Whether work ends with one of our errors, whose message is in plain words; std::logic_error where it is not. All else
// that it throws passes.
bool is_refused(const std::function<void()>& work);

struct Failure {
  std::string what, input;
};
struct Outcome {
  int64_t read = 0, refused = 0;
  std::vector<Failure> failures{};
};

// Runs that many mutations in processes of their own, until ten have failed.
Outcome run(const Target& target, uint64_t seed, int64_t mutations);

// Why an input fails, run in a process of its own; empty where it is read or refused.
std::string problem(const Target& target, const std::string& input);

// A smaller input that fails too.
std::string minimised(const Target& target, std::string input);

// For targets that read files: the path of a file with these bytes, the same one for each name.
std::string file_with(const std::string& name, const std::string& bytes);
std::string folder();  // where these files are

std::string bytes_of(const std::string& file);

}  // namespace mds::fuzz
