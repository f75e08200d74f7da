// Keeps from a terminal what it would obey: captions, names of files and rows of databases may be anyone's.
#pragma once

#include <ostream>
#include <streambuf>

namespace mds {

// As long as it lives, all that is written to the stream passes through printable(). Each piece that is written holds
// whole characters.
class PrintableOutput final : private std::streambuf {
 public:
  explicit PrintableOutput(std::ostream& stream) : stream_(stream), to_(stream.rdbuf(this)) {}
  ~PrintableOutput() override { stream_.rdbuf(to_); }
  PrintableOutput(const PrintableOutput&) = delete;
  PrintableOutput& operator=(const PrintableOutput&) = delete;

 private:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override { return to_->pubsync(); }

  std::ostream& stream_;
  std::streambuf* to_;
};

}  // namespace mds
