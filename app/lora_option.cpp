#include "app/lora_option.h"

#include "app/usage_error.h"
#include "networks/found_file.h"
#include "spec/number.h"

namespace mds {

namespace po = boost::program_options;

LoraChoice parse_lora(const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || is_there(text)) return {.file = text};
  const auto weight = parse_number(text.substr(equals + 1));
  if (!weight)
    throw UsageError("--lora " + text + " has the weight \"" + text.substr(equals + 1) +
                     "\"; allowed: a finite number, such as 0.8");
  return {text.substr(0, equals), *weight};
}

void add_lora_option(po::options_description& options, std::vector<LoraChoice>* loras) {
  const auto take = [loras](const std::vector<std::string>& texts) {
    for (const auto& text : texts) loras->push_back(parse_lora(text));
  };
  options.add_options()("lora",
                        po::value<std::vector<std::string>>()->composing()->value_name("FILE[=WEIGHT]")->notifier(take),
                        "Low-rank updates, a file in kohya's or PEFT's format or a folder that `train` wrote, merged "
                        "into the weights times WEIGHT "
                        "(default: 1); may repeat");
}

}  // namespace mds
