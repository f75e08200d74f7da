// The blocks that a profile of blocks alone times: from flags, or from a file that varies one thing at a time.
#pragma once

#include <string>
#include <vector>

#include "networks/plan.h"

namespace mds {

inline constexpr size_t most_blocks = 300;  // in one profile

// Blocks as they are typed. Each stands at every site, but one with a key "site" of its own there alone.
struct BlockFlags {
  std::vector<std::string> blocks{};  // JSON of a block, or of a list of blocks
  std::vector<std::string> sites{};   // shapes, or JSON of a shape, of a site's fields, or of a list of these
  std::string sweep{};                // in their place: a file of a BlockSweep
  bool given() const { return !blocks.empty() || !sites.empty() || !sweep.empty(); }
};

// Each block once, in the order given. RequestError where a block cannot stand at its site, and for too many.
std::vector<PlanStep> blocks_of(const BlockFlags& flags);

// The same blocks as the text of one --block.
std::string flag_of(const std::vector<PlanStep>& blocks);

// Values for one field of a block, or of what surrounds it.
struct BlockFactor {
  std::string field{};
  std::vector<Json> values{};

  static void describe(auto& self, auto&& field) {
    field("field", self.field,
          "a field of the block; or channels, those of the site; map, its extent (16, or \"8x72\" as rows x columns); "
          "or block, another one");
    field("values", self.values, "what it is set to, each in a block of its own");
  }
};

// A block, and what is varied around it.
struct BlockStudy {
  Json block = Json::object();
  std::vector<Json> sites{};
  std::vector<BlockFactor> vary{};

  static void describe(auto& self, auto&& field) {
    field("block", self.block, "the kind of a block, and the fields that are not its defaults");
    field("sites", self.sites, "where it stands: shapes such as \"1024x16x16\", or objects with a site's fields");
    field("vary", self.vary, "what differs from the block, at each site, one factor at a time");
  }
};

struct BlockSweep {
  std::vector<BlockStudy> studies{};

  static void describe(auto& self, auto&& field) { field("studies", self.studies, "blocks, and what is varied"); }
};

// Each block once, study by study and site by site. ConfigError that names the place in `source`.
std::vector<PlanStep> blocks_of(const BlockSweep& sweep, const std::string& source);

}  // namespace mds
