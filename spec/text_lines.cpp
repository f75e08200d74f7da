#include "spec/text_lines.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "spec/error.h"

namespace mds {

namespace fs = std::filesystem;

TextLines::TextLines(std::string file, TextBounds bounds) : file_(std::move(file)), bounds_(bounds) {
  std::error_code unknown;
  const auto type = fs::status(file_, unknown).type();
  if (fs::exists(fs::file_status(type)) && type != fs::file_type::regular && type != fs::file_type::fifo)
    throw FileError(file_ + ": is not a regular file; expected a file of text or a pipe");
  errno = 0;
  in_.open(file_, std::ios::binary);
  if (!in_) throw FileError(file_ + ": cannot be read: " + std::strerror(errno ? errno : ENOENT));
}

bool TextLines::next(std::string& line) {
  line.clear();
  if (in_.peek() == std::ifstream::traits_type::eof()) {
    if (in_.bad()) throw FileError(file_ + ": cannot be read to its end");
    return false;
  }
  ++number_;
  for (int byte; (byte = in_.get()) != std::ifstream::traits_type::eof() && byte != '\n';) {
    if (line.size() == bounds_.line_bytes)
      throw FileError(place() + ": is longer than " + std::to_string(bounds_.line_bytes) +
                      " bytes, the most of a line");
    if (++bytes_ > bounds_.file_bytes)
      throw FileError(file_ + ": is longer than " + std::to_string(bounds_.file_bytes) + " bytes, the most of a file");
    line.push_back(char(byte));
  }
  if (number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

}  // namespace mds
