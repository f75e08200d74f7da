#include "experiments/data/captions.h"

#include <set>

#include "data/picture_source.h"
#include "data/recombine.h"
#include "experiments/output.h"
#include "spec/new_file.h"
#include "trainer/captioned_latents.h"

namespace mds {
namespace {

// One line of the file, which holds a caption a line.
std::string line_of(const std::string& caption) {
  std::string line = caption;
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  return line + "\n";
}

}  // namespace

Json write_captions(const CaptionsRequest& request) {
  refuse_input_as_output("`out`", request.out, {request.source});
  const SourcePtr source = open_source(request.source, request.held_out);
  if (!source->pairs())
    throw ConfigError(request.source + ": the captions of shards are not listed; allowed: a folder or a data set");
  std::set<std::string> held_out, once;
  for (const auto& pair : *source->pairs())
    if (pair.split == "held_out") held_out.insert(plain_caption(pair.caption));
  const auto allowed = [&](const std::string& caption) { return !held_out.contains(plain_caption(caption)); };
  std::vector<std::string> captions;
  for (const auto& pair : *source->pairs())
    if (allowed(pair.caption) && once.insert(pair.caption).second) captions.push_back(pair.caption);
  if (captions.empty()) throw ConfigError(request.source + ": every caption is held out");
  const auto fresh = recombined(captions, allowed, request.recombined, request.seed);
  NewFile file(request.out);
  for (const auto* list : {&std::as_const(captions), &fresh})
    for (const auto& caption : *list) file.write(line_of(caption));
  file.put_in_place();
  return {{"captions", captions.size()}, {"recombined", fresh.size()}, {"written", request.out}};
}

}  // namespace mds
