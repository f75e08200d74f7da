// Finds the parts of a foreign model: the weight files of a library's folder, and the parts inside each file.
#pragma once

#include <string>
#include <vector>

#include "pipeline/convert.h"
#include "pipeline/python_json.h"
#include "pipeline/tensor_file.h"
#include "pipeline/weight_names.h"

namespace mds {

struct WeightSource {
  std::string file;
  Json config = nullptr;  // the config.json beside it
  std::string config_file{};
};
// The file itself; or the components of a diffusers folder, whose whole-model files are left out; or the weights of a
// folder. Of several copies of the same weights, full precision and then the average (EMA) is taken; a note names
// copies of other training states, such as `non_ema`, that are left out. FileError says what was expected.
std::vector<WeightSource> weight_sources(Layout layout, const std::string& in, const Note& note);

// The path of a file in the request's folder, or in the folder of the request's file.
std::string beside(const ConvertRequest& request, const std::string& name);

// Reads a key of another library's configuration; `value` stays as it is where the key is absent or null.
template <class T>
void take(const Json& json, const char* key, T& value, const Place& place) {
  if (const auto found = json.find(key); found != json.end() && !found->is_null())
    read_json(*found, value, place.child(key));
}

struct FoundPart {
  std::string part;  // field of the card
  PartKind kind;
  Layout layout;  // of the names after the prefix
  std::string prefix;
  TensorMap tensors;  // without the prefix
  WeightSource source;
};
// In the order of the card; a second text tower is text_encoder_2. A note says where a file also holds averaged weights
// (model_ema.), which are left out as diffusers does. FileError where no source contains a part.
std::vector<FoundPart> find_parts(Layout layout, const std::vector<WeightSource>& sources, const Note& note);

}  // namespace mds
