// --width, --height and --size: the size of a picture, for all commands that have one.
#pragma once

#include "app/options.h"
#include "spec/shape.h"

namespace mds {

struct SizeOptions {
  int64_t size = 0, width = 0, height = 0;  // pixels; 0: not given

  // The requested size; an extent that is not given is 0: the network's own. UsageError for --size beside the others.
  Extent picture() const;
};

// The flags without --size.
void add_extent_options(po::options_description& options, SizeOptions& size);
void add_size_options(po::options_description& options, SizeOptions& size);

}  // namespace mds
