#include "experiments/data/result_text.h"

#include <cstdio>
#include <iomanip>
#include <sstream>

#include "spec/printable.h"

namespace mds {

std::string data_text(const Json& result) {
  std::ostringstream text;
  const auto line_of = [](const Json& row, const char* key) { return one_line(row[key].get<std::string>()); };
  for (const auto& [key, value] : result.items()) {
    if (!value.is_array())
      text << std::left << std::setw(14) << key << (value.is_string() ? value.get<std::string>() : value.dump())
           << "\n";
    for (const auto& row : value.is_array() ? value : Json::array())
      text << "  " << std::left << std::setw(10) << row["split"].get<std::string>() << line_of(row, "caption") << "  ("
           << line_of(row, "id") << ")\n";
  }
  return text.str();
}

std::string bench_text(const Json& result) {
  const auto number = [](const Json& value) { return value.is_number() ? value.get<double>() : 0.0; };
  std::string text = result["source"].get<std::string>() + ": " + result["pictures"].dump() + " pictures to " +
                     result["size"].dump() + " px\n";
  char line[128];
  const auto add = [&](const std::string& name, double value) {
    std::snprintf(line, sizeof line, "%-26s %10.1f\n", name.c_str(), value);
    text += line;
  };
  std::snprintf(line, sizeof line, "%-26s %10s\n", "", "pictures/s");
  text += line;
  add("decode, one thread", number(result["one_thread"]["decode"]));
  add("resize, one thread", number(result["one_thread"]["resize"]));
  add("one pass, all threads", number(result["pictures_per_second"]));
  for (const auto& row : result["streams"])
    add("stream, " + row["threads"].dump() + " threads", number(row["pictures_per_second"]));
  std::snprintf(line, sizeof line, "a trainer of %.0f ms a step with batches of %s waits %.1f %% of the time\n",
                number(result["step_ms"]), result["batch"].dump().c_str(), 100 * number(result["waiting_share"]));
  return text + line;
}

}  // namespace mds
