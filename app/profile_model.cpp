#include "app/profile_model.h"

#include <iostream>

#include "app/profile_process.h"
#include "app/terminal_listener.h"
#include "experiments/timing/profile_model.h"

namespace mds {
namespace {

std::vector<std::string> arguments_of(const ModelProfileRequest& request) {
  std::vector<std::string> arguments = request.size.arguments();
  arguments.insert(arguments.end(), {"--model", request.folder});
  for (const auto& [name, value] : request.sampler) arguments.push_back("--" + name + "=" + value);
  return arguments;
}

}  // namespace

void profile_model(const ModelProfileRequest& request) {
  TerminalListener listener;
  const ModelRun run = open_model({.folder = request.folder,
                                   .placement = {.dtype = request.options.dtype},
                                   .sampler = request.sampler,
                                   .pixels = request.size.picture()});
  if (request.raw) {
    std::cout << to_json(time_model(run, request.options, listener)).dump() << "\n";
    return;
  }
  Database database(request.database);
  ModelProfile profile{run, request.options, {}};
  for (int64_t i = 0; i < request.processes; ++i)
    profile.processes.push_back(request.processes == 1 ? time_model(run, request.options, listener)
                                                       : measure_apart(arguments_of(request), request.options, i));
  record_model_profile(database, profile);
  std::cout << model_profile_text(profile, request.format);
}

}  // namespace mds
