// --width, --height and --size: how large a picture is, for every command where it has a size.
#pragma once

#include "app/options.h"
#include "spec/shape.h"

namespace mds {

struct SizeOptions {
  int64_t size = 0, width = 0, height = 0;  // pixels; 0: not given

  // An extent that is not given is 0: the network's own. UsageError where --size is given beside the others.
  Extent picture() const;
  // The same as arguments of another process.
  std::vector<std::string> arguments() const;
};

// Without --size.
void add_extent_options(po::options_description& options, SizeOptions& size);
void add_size_options(po::options_description& options, SizeOptions& size);

}  // namespace mds
