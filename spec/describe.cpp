#include "spec/describe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mds {
namespace {

std::string number(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

}  // namespace

std::string to_string(const Range& range) {
  const bool low = range.low > -std::numeric_limits<double>::infinity();
  const bool high = range.high < std::numeric_limits<double>::infinity();
  if (low && high) return number(range.low) + " to " + number(range.high);
  if (low) return "at least " + number(range.low);
  return high ? "at most " + number(range.high) : "";
}

void Place::fail(const std::string& message) const {
  throw ConfigError(source + (path.empty() ? " " : ": " + path + " ") + message);
}

void fail_unknown_key(const Place& place, const std::string& key, const std::vector<std::string>& valid) {
  std::string names;
  for (const auto& name : valid) names += (names.empty() ? "" : ", ") + name;
  place.child(key).fail("is not a known key; valid: " + names);
}

void check_type(const Place& place, const Json& json, bool matches, std::string_view wanted) {
  if (!matches) place.fail("is " + json.dump().substr(0, 60) + "; expected " + std::string(wanted));
}

void check_range(const Place& place, double value, const Range& range) {
  if (!(value >= range.low && value <= range.high)) place.fail("is " + number(value) + "; allowed: " + to_string(range));
}

Json load_json(const std::string& file) {
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file)) throw FileError(file + ": cannot be read: " + std::strerror(errno ? errno : EISDIR));
  try {
    return Json::parse(in, nullptr, /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& error) {
    throw ConfigError(file + ": is not JSON: " + error.what());
  }
}

void save_text(const std::string& file, const std::string& text) {
  const std::string temporary = file + ".tmp" + std::to_string(::getpid());
  const auto fail = [&](const char* what) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    throw FileError(file + ": " + what + ": " + reason);
  };
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) fail("cannot be created");
  for (size_t done = 0; done < text.size();) {
    const auto n = ::write(descriptor, text.data() + done, text.size() - done);
    if (n < 0) {
      const int reason = errno;
      ::close(descriptor);
      errno = reason;
      fail("cannot be written");
    }
    done += size_t(n);
  }
  const bool flushed = ::fsync(descriptor) == 0 || errno == EINVAL;  // a pipe or /dev/full has nothing to flush
  if (::close(descriptor) != 0 || !flushed) fail("cannot be flushed");
  if (::rename(temporary.c_str(), file.c_str()) != 0) fail("cannot be put in place");
}

void overlay(Json& json, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) throw UsageError("--set " + assignment + ": expected key=value");
  std::string pointer = "/" + assignment.substr(0, equals);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  const std::string text = assignment.substr(equals + 1);
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {
    json[Json::json_pointer(pointer)] = value.is_discarded() ? Json(text) : value;
  } catch (const Json::exception&) {
    throw UsageError("--set " + assignment + ": the configuration has no place of that name");
  }
}

}  // namespace mds
