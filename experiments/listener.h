// What long work tells its caller while it runs, and how the caller stops it. Each function has a default that does
// nothing, so that a caller takes what it needs.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace mds {

// One piece of work of known length.
class Progress {
 public:
  virtual ~Progress() = default;
  // `done` of the total is done. Where every call would be too much, each `every`-th is enough.
  virtual void show(int64_t /*done*/, const std::string& /*detail*/ = "", int64_t /*every*/ = 1) {}
};

class Listener {
 public:
  virtual ~Listener() = default;
  // `what` has begun, with `done` of `total` done before.
  virtual std::unique_ptr<Progress> progress(const std::string& /*what*/, int64_t /*total*/, int64_t /*done*/ = 0) {
    return std::make_unique<Progress>();
  }
  virtual void say(const std::string& /*sentence*/) {}
  void say_if_any(const std::string& sentence) {
    if (!sentence.empty()) say(sentence);
  }
  void warn(const std::string& sentence) {
    if (!sentence.empty()) say("warning: " + sentence);
  }
  // Asked between two steps; after `true` the work ends at the next safe moment, from which it can go on.
  virtual bool stops() { return false; }
  void throw_if_stopped();  // Interrupted
  // Whether the work that runs now asks stops(); where it does not, a caller may rather end at once.
  virtual void stoppable(bool) {}
};

// For its lifetime, the work asks stops().
class Stoppable {
 public:
  explicit Stoppable(Listener& listener) : listener_(listener) { listener_.stoppable(true); }
  ~Stoppable() { listener_.stoppable(false); }
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;

 private:
  Listener& listener_;
};

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("was interrupted") {}
};
inline void Listener::throw_if_stopped() {
  if (stops()) throw Interrupted();
}

}  // namespace mds
