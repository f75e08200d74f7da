// What a core build, which reads no pictures and no texts, has in place of commands that do.
#include "app/profile_model.h"
#include "spec/error.h"

namespace mds {

void profile_model(const ModelProfileRequest&) {
  throw ConfigError("--model: this core build has no text encoder; allowed: NAME, a network");
}

}  // namespace mds
