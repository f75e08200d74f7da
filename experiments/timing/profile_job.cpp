#include "experiments/timing/profile_job.h"

#include "experiments/timing/compare.h"
#include "experiments/timing/fresh_process.h"
#include "spec/error.h"

namespace mds {
namespace {

void check_networks(const ProfileJob& job) {
  const size_t count = job.networks.size();
  if (!job.request.trace.empty() && (count != 1 || job.compares))
    throw RequestError("`trace` is of one network; give NAME");
  if (job.compares && count < 2) throw RequestError("`compare` needs at least two networks");
  if (!job.compares && count > 1)
    throw RequestError("is given several networks; `compare` times them against each other");
  if (job.compares && job.request.options.blocks)
    throw RequestError("`blocks` is of one network; leave it out with `compare`");
}

void check(const ProfileJob& job) {
  const ProfileRequest& request = job.request;
  const bool sized = request.pixels.width > 0 || request.pixels.height > 0, blocks = request.options.blocks;
  if (!job.networks.empty() + !job.model.empty() + job.lone.given() != 1)
    throw RequestError("needs either NAME or `model` DIR, or for blocks alone `block` JSON or `sweep` FILE");
  if (job.lone.given() && (blocks || job.compares || sized))
    throw RequestError("`blocks`, `compare`, `width` and `height` are of a network; a block's map is in its `site`");
  check_networks(job);
  if (job.model.empty() && !request.sampler.empty())
    throw RequestError("--" + request.sampler.begin()->first + " needs `model`");
  if (!job.model.empty() && request.options.device != "cpu")
    throw RequestError("`model` is timed on the CPU alone; of a network and of blocks `device` may be a GPU");
  if (!job.model.empty() && (blocks || request.options.batch != 1))
    throw RequestError("`blocks` and `batch` are of a network; `model` times its parts for one picture");
}

BlockProfileRequest lone_blocks(const ProfileJob& job) {
  const ProfileRequest& request = job.request;
  return {blocks_of(job.lone), request.database, request.options, request.processes};
}

}  // namespace

ProfileJob checked(ProfileJob job) {
  check(job);
  ProfileRequest& request = job.request;
  if (!job.lone.given()) request.subject = job.model.empty() ? job.networks.front() : job.model;
  if (request.processes == 0) request.processes = job.compares ? 3 : request.options.mode == TimingMode::final ? 2 : 1;
  return job;
}

RawProfile time_here(const ProfileJob& job, Listener& listener) {
  if (job.lone.given()) return time_blocks(lone_blocks(job), listener);
  return job.model.empty() ? time_network(job.request, listener) : time_model(job.request, listener);
}

std::string profile(const ProfileJob& job, Format format, Listener& listener) {
  const ProfileRequest& request = job.request;
  const ProfileOptions& options = request.options;
  if (job.lone.given()) return profile_blocks(lone_blocks(job), blocks_apart(options), format, listener);
  if (job.compares)
    return compare_networks({job.networks, request.database, request.pixels, options, request.processes},
                            networks_apart(request.database, options, request.pixels), format, listener);
  return job.model.empty() ? profile_network(request, network_apart(request), format, listener)
                           : profile_model(request, model_apart(request), format, listener);
}

}  // namespace mds
