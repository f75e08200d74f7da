// Any network that the toolkit knows, as data: the one list of network kinds, their hashes and their files.
#pragma once

#include <string>
#include <variant>

#include "networks/adapter.h"
#include "networks/autoencoder.h"
#include "networks/controlnet.h"
#include "networks/efficientnet.h"
#include "networks/inception.h"
#include "networks/lpips.h"
#include "networks/taesd.h"
#include "networks/tower.h"
#include "networks/unet.h"

namespace mds {

using NetworkSpec =
    std::variant<UNetSpec, EncoderSpec, DecoderSpec, TextTowerSpec, ImageTowerSpec, TaesdEncoderSpec, TaesdDecoderSpec,
                 InceptionSpec, LpipsSpec, EfficientNetSpec, AdapterSpec, ControlNetSpec, HintSpec>;

inline constexpr int spec_version = 1;

Plan make_plan(const NetworkSpec& spec);

// The same network in a unique form: fields that have no effect take their defaults.
NetworkSpec canonical(const NetworkSpec& spec);

// The canonical network as JSON with sorted keys and its "spec_version".
std::string canonical_json(const NetworkSpec& spec);

// SHA-256 of the canonical JSON: equal networks have equal hashes on every machine.
std::string hash_of(const NetworkSpec& spec);

// The same network for pictures of another size in pixels; a side of 0 stays as it is. ConfigError where the network
// cannot have that size: text towers have none, UNets and autoencoders need multiples of 8, some need squares.
NetworkSpec with_size(NetworkSpec spec, Extent pixels);

// A network from its JSON, which may hold the "spec_version" that canonical_json() writes; a newer one is a
// ConfigError.
NetworkSpec network_from_json(Json json, const std::string& source);

// NAME is a shipped architecture (configs/architectures/NAME.json) or a path to a JSON file. A file that holds "base"
// and "patch" is another network, a NAME or a file beside it, changed by a JSON patch (RFC 6902).
NetworkSpec load_network(const std::string& name);
UNetSpec load_unet(const std::string& name);

// A shipped file. configs/ and weights/ lie in the first that has them of MDSEARCH_HOME, the working folder,
// share/mdsearch beside the program's folder, the source tree and the prefix of `cmake --install`.
std::string shipped_file(const std::string& relative);

}  // namespace mds
