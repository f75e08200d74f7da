// Blocks on their own: what they are, what they cost and how long they take, as one table.
#pragma once

#include <vector>

#include "networks/plan.h"
#include "reports/rows.h"
#include "reports/table.h"

namespace mds {

// The step that a cell timed, where this program knows such blocks.
struct ReadCell {
  BlockCell cell{};
  PlanStep step{};
};
std::vector<ReadCell> read_cells(const std::vector<BlockCell>& cells);

// The cells are of one setting, in the order of the rows. Those that this program cannot read are counted in a note.
Table block_table(const std::vector<BlockCell>& cells);

}  // namespace mds
