// The lines of a text file, one after the other, within bounds: a file of other origin may be one endless line.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace mds {

struct TextBounds {
  size_t line_bytes = 0, file_bytes = 0;
};

class TextLines {
 public:
  // FileError where the file cannot be read, or is neither a regular file nor a pipe.
  TextLines(std::string file, TextBounds bounds);

  // False at the end. Ends of lines (also "\r\n") and a byte order mark at the file's start are not part of a line.
  // FileError with the line's number where a bound is exceeded.
  bool next(std::string& line);

  std::string place() const { return file_ + ":" + std::to_string(number_); }  // of the line read last

 private:
  std::string file_;
  TextBounds bounds_;
  std::ifstream in_;
  int64_t number_ = 0;
  size_t bytes_ = 0;
};

}  // namespace mds
