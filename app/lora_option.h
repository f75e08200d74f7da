// The option --lora of commands that run networks with low-rank updates.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "pipeline/lora.h"

namespace mds {

// Adds --lora FILE[=WEIGHT], which may repeat.
void add_lora_option(boost::program_options::options_description& options, std::vector<LoraChoice>* loras);

// What is before the last "=", and the weight behind it; the whole text is the file where there is no "=", or where a
// file of that name exists. UsageError where the weight is not a finite number.
LoraChoice parse_lora(const std::string& text);

}  // namespace mds
