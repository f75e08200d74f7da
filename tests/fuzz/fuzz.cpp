// Runs inputs in child processes, finds out how they end, and minimises those that fail.
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <utility>

#include "spec/error.h"
#include "tests/fuzz/counted_memory.h"
#include "tests/scratch_folder.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
// One allocation above 1 GiB ends the process with a report, also where a library asks for it.
extern "C" const char* __asan_default_options() {
  return "max_allocation_size_mb=1024:detect_leaks=1:leak_check_at_exit=0";
}
#endif

namespace mds::fuzz {
namespace {

constexpr unsigned seconds_an_input = 10;
constexpr size_t most_failures = 10, most_shrinkings = 2000;
constexpr int64_t inputs_a_process = 20'000;
constexpr int failed_code = 3;

// What a child tells its parent, also one that crashes.
struct Shared {
  int64_t number, read, refused;
  char what[400];
};

// Throws std::logic_error for an error that tells nothing, or tells it in a library's words.
void require_words(const std::string& message) {
  if (message.empty()) throw std::logic_error("an error without a message");
  for (const char* word :
       {"[json.exception", "std::", "map::at", "basic_string", "vector::", "c10::", "bad_", "sqlite3_"})
    if (message.find(word) != std::string::npos) throw std::logic_error("a library's own words: " + message);
}

// Whether it was read, within the memory that the target states.
bool is_read(const Target& target, const std::string& input) {
  const size_t before = start_counting_memory();
  const bool refused = is_refused([&] { target.read(input); });
  const size_t held = peak_memory() - before, most = target.most_bytes + target.most_bytes_each * input.size();
  if (held > most)
    throw std::logic_error("held " + std::to_string(held) + " bytes for " + std::to_string(input.size()));
  return !refused;
}

[[noreturn]] void end_child(Shared& shared, const std::string& what) {
  std::strncpy(shared.what, what.c_str(), sizeof shared.what - 1);
  ::_exit(failed_code);
}

// Runs inputs in this process, a child, which ends here.
[[noreturn]] void run_child(const Target& target, Shared& shared,
                            const std::function<std::optional<std::string>()>& next) {
  try {
    while (const auto input = next()) {
      ::alarm(seconds_an_input);
      ++(is_read(target, *input) ? shared.read : shared.refused);
    }
  } catch (const std::exception& error) {
    end_child(shared, error.what());
  } catch (...) {
    end_child(shared, "an exception of no type of the library's");
  }
  ::alarm(0);
#ifdef __SANITIZE_ADDRESS__
  if (__lsan_do_recoverable_leak_check()) end_child(shared, "leaks memory");
#endif
  ::_exit(0);
}

std::string cause(int status, const Shared& shared) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return "took more than " + std::to_string(seconds_an_input) + " s";
  if (WIFSIGNALED(status)) return std::string("was ended by ") + strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == failed_code ? shared.what : "a report of a sanitizer";
}

class Child {
 public:
  Child()
      : shared_(static_cast<Shared*>(
            ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Child() { ::munmap(shared_, sizeof(Shared)); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Shared& shared() { return *shared_; }

  // Why it failed; empty where it did not.
  std::string run(const Target& target, bool quiet, const std::function<std::optional<std::string>()>& next) {
    folder();  // made here, so that it is one for all children
    std::cout.flush();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no process can be started");
    if (child == 0) {
      if (quiet) ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      run_child(target, *shared_, next);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return cause(status, *shared_);
  }

 private:
  Shared* shared_;
};

std::string problem(const Target& target, const std::string& input, bool quiet) {
  Child child;
  bool given = false;
  return child.run(target, quiet, [&]() -> std::optional<std::string> {
    if (std::exchange(given, true)) return std::nullopt;
    return input;
  });
}

}  // namespace

bool is_refused(const std::function<void()>& work) {
  std::string message;
  try {
    work();
    return false;
  } catch (const ConfigError& error) {
    message = error.what();
  } catch (const FileError& error) {
    message = error.what();
  } catch (const StoreError& error) {
    message = error.what();
  } catch (const RequestError& error) {
    message = error.what();
  } catch (const MemoryError& error) {
    message = error.what();
  }
  require_words(message);
  return true;
}

Outcome run(const Target& target, uint64_t seed, int64_t mutations) {
  Outcome outcome;
  Child child;
  for (int64_t first = 0; first < mutations && outcome.failures.size() < most_failures;) {
    const int64_t end = std::min(mutations, first + inputs_a_process);
    child.shared() = {first - 1, 0, 0, {}};
    const std::string what = child.run(target, false, [&]() -> std::optional<std::string> {
      if (++child.shared().number == end) return std::nullopt;
      return mutated(target, seed, child.shared().number);
    });
    outcome.read += child.shared().read;
    outcome.refused += child.shared().refused;
    first = child.shared().number + (what.empty() ? 0 : 1);
    if (!what.empty()) outcome.failures.push_back({what, first > end ? "" : mutated(target, seed, first - 1)});
  }
  return outcome;
}

std::string problem(const Target& target, const std::string& input) { return problem(target, input, false); }

std::string minimised(const Target& target, std::string input) {
  size_t left = most_shrinkings;
  for (size_t size = input.size() / 2; size > 0; size /= 2)
    for (size_t at = 0; at < input.size() && left > 0;) {
      std::string smaller = input;
      smaller.erase(at, size);
      --left;
      if (problem(target, smaller, true).empty())
        at += size;
      else
        input = std::move(smaller);
    }
  return input;
}

std::string folder() {
  static const ScratchFolder scratch;
  return scratch.path;
}

std::string file_with(const std::string& name, const std::string& bytes) {
  const std::string file = folder() + "/" + name;
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace mds::fuzz
