#include "experiments/arch_record.h"

namespace mds {
namespace {

BlockRow block_row(const PlanStep& step) {
  const Cost c = cost(step);
  return {.path = step.path,
          .kind = std::string(kind_of(step.block)),
          .in = to_string(step.site.in),
          .out = to_string(step.out),
          .params = c.params,
          .macs = c.macs,
          .macs_valid = c.macs_valid,
          .block_json = canonical_json(step)};
}

ArchRow arch_row(const NamedNetwork& network, const Plan& plan, const ArchOrigin& origin) {
  const Cost c = cost(plan);
  return {.hash = hash_of(network.spec),
          .name = network.name,
          .spec_json = canonical_json(network.spec),
          .params = c.params,
          .macs = c.macs,
          .macs_valid = c.macs_valid,
          .convention = cost_convention,
          .input = to_string(plan.input),
          .verdict = origin.verdict,
          .reject_reason = origin.reject_reason,
          .parent = origin.parent,
          .generator = origin.generator,
          .seed = origin.seed};
}

}  // namespace

std::string record_arch(Database& database, const NamedNetwork& network, const ArchOrigin& origin) {
  const Plan plan = make_plan(canonical(network.spec));
  const ArchRow row = arch_row(network, plan, origin);
  std::vector<BlockRow> blocks;
  for (const auto& step : plan.steps) blocks.push_back(block_row(step));
  database.transaction([&] {
    add_arch(database, row);
    add_arch_blocks(database, row.hash, blocks);
  });
  return row.hash;
}

}  // namespace mds
