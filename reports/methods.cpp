#include "reports/methods.h"

namespace mds {
namespace {

// Fields of a stage that every training of it has. Others are options, and stored only where they are used.
const std::string usual_fields =
    " kind start teacher latents encoders steps weight method delta floor pure_noise alpha low high fake gan guidance "
    "adversary adversarial_weight reconstruction reconstruction_weight original inputs teacher_steps ";
const std::string usual_of_opponent = " discriminator lr beta1 every clamp ";

// Whether a student's step is for more of the teacher's than two.
bool several(const Json& stage) {
  return stage.is_object() && stage.contains("teacher_steps") && stage["teacher_steps"].is_number();
}

std::string basic_name(const std::string& kind, const Json& stage) {
  const bool is_sid = stage.is_object() && stage.contains("method") && stage["method"] == "sid";
  if (kind == "distil") return several(stage) ? stage["teacher_steps"].dump() + " steps in one" : "halving";
  if (kind == "ufogen") return "UFOGen";
  if (kind == "score_distil") return is_sid ? "SiD" : "DMD2";
  return kind;
}

// Numbers are settings of what is there already.
void add_options(std::string& name, const Json& fields, const std::string& usual) {
  if (!fields.is_object()) return;
  for (const auto& [field, value] : fields.items()) {
    if (usual.find(" " + field + " ") != std::string::npos || value.is_null() || value.is_number() || value == "")
      continue;
    name += " + " + field;
    if (value.is_string() && value.get<std::string>().find('/') == std::string::npos)
      name += " " + value.get<std::string>();
  }
}

}  // namespace

std::string method_name(const std::string& kind, const Json& config) {
  const Json stage = config.is_object() && config.contains("stage") ? config["stage"] : Json();
  std::string name = basic_name(kind, stage);
  if (!stage.is_object()) return name;
  if (stage.contains("gan")) name += " + GAN";
  add_options(name, stage, usual_fields);
  for (const char* opponent : {"adversary", "gan"})
    if (stage.contains(opponent)) add_options(name, stage[opponent], usual_of_opponent);
  return name;
}

}  // namespace mds
