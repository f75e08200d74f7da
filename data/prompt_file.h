// Files of prompts: text with one a line, or JSON lines (.jsonl) with one object or text a line.
#pragma once

#include <string>
#include <vector>

namespace mds {

constexpr size_t most_prompt_bytes = size_t(64) << 10;  // of a line
constexpr size_t most_prompt_file_bytes = size_t(256) << 20;

// The prompts in order; empty lines are left out. A line of .jsonl is a text, or an object whose prompt stands under
// "prompt", "text" or "caption". FileError with file and line: not readable, not a regular file, a line or file that is
// too long, text that is not UTF-8, or no prompt at all; ConfigError: a line of .jsonl that holds none.
std::vector<std::string> load_prompts(const std::string& file);

}  // namespace mds
