// The chunks of a PNG file before libpng sees them: it would convert values by a gamma or profile, which PIL does not,
// and unpack every text, of which a small file can hold gigabytes.
#pragma once

#include <string>
#include <string_view>

namespace mds {

// The file with those of its chunks that it cannot do without, and those that `wanted(kind, bytes)` accepts. The last
// chunk of a file that ends too early stays cut off.
std::string png_chunks_of(std::string_view png, auto&& wanted) {
  constexpr size_t signature = 8, frame = 12;  // of a chunk: length, kind and checksum
  std::string kept(png.substr(0, signature));
  for (size_t at = signature; at + frame <= png.size();) {
    const auto byte = [&](size_t i) { return size_t(static_cast<unsigned char>(png[at + i])); };
    const size_t bytes = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    const std::string_view kind = png.substr(at + 4, 4), chunk = png.substr(at, frame + bytes);
    const bool critical = kind[0] >= 'A' && kind[0] <= 'Z';
    if (critical || wanted(kind, bytes)) kept += chunk;
    at += chunk.size();
  }
  return kept;
}

}  // namespace mds
