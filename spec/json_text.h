// JSON of any origin (a file, a header, a column of a database, a flag) read within bounds, so that no document takes
// more memory or stack than the program can give. Errors are in plain words and never the library's own.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace mds {

using Json = nlohmann::json;  // object keys are sorted: dump() of a described struct is canonical

inline constexpr size_t deepest_json = 64;                       // writing, comparing and reading it recurse
inline constexpr size_t most_json_bytes = size_t(64) << 20;      // a tree takes up to 25 times as much memory
inline constexpr size_t most_json_line_bytes = size_t(1) << 20;  // of a line of JSON lines, or of a caption's file

// Comments are allowed. A ConfigError that begins with `source` on text above the limit, invalid JSON (with line and
// column), nesting deeper than deepest_json, a number that no double holds, or a key given twice in one object.
Json parse_json(std::string_view text, const std::string& source, size_t most_bytes = most_json_bytes);

// Null where the text is no JSON within the same bounds: for text that may be JSON, or that others may have damaged.
Json json_or_null(std::string_view text, size_t most_bytes = most_json_bytes);

Json load_json(const std::string& file, size_t most_bytes = most_json_bytes);  // FileError, or parse_json's errors

// ConfigError where a document that grew in memory is above the bounds of one that is read.
void check_json_bounds(const Json& json, const std::string& source, size_t most_bytes = most_json_bytes);

// Sets "a.b.c=value" in a JSON document; a value that is not valid JSON is taken as text. A list takes an index up to
// its length, which appends.
void overlay(Json& json, const std::string& assignment);

// What an error of the JSON library says, without the library's own codes; other errors' texts as they are.
std::string json_words(const std::exception& error);

// A number as people type it: 400000000 rather than 4e8.
std::string shown_number(const Json& value);

}  // namespace mds
