#include "networks/inception.h"

namespace mds {
namespace {

using Unit = ConvolutionUnit;

constexpr SinglePool halving{.pool = PoolKind::max, .kernel = 3, .stride = 2};
constexpr SinglePool mean_around{.pool = PoolKind::average, .kernel = 3, .stride = 1, .border = 1};
constexpr SinglePool largest_around{.pool = PoolKind::max, .kernel = 3, .stride = 1, .border = 1};

Unit unit(const char* name, int64_t out, int64_t rows = 1, int64_t columns = 1) {
  return {.name = name, .out = out, .rows = rows, .columns = columns};
}
Unit halving_unit(const char* name, int64_t out) {
  return {.name = name, .out = out, .rows = 3, .columns = 3, .stride = 2, .padding = Padding::none};
}
Branch pooled(const SinglePool& pool, int64_t out) { return {.pool = pool, .units = {unit("branch_pool", out)}}; }

Branches stem(int64_t out, int64_t side, int64_t stride = 1, Padding padding = Padding::none) {
  return {.branches = {{.units = {{.out = out, .rows = side, .columns = side, .stride = stride, .padding = padding}}}}};
}

// Blocks 5b to 5d, maps of 35 x 35.
Branches mixed_5(int64_t pool_width) {
  return {.branches = {{.units = {unit("branch1x1", 64)}},
                       {.units = {unit("branch5x5_1", 48), unit("branch5x5_2", 64, 5, 5)}},
                       {.units = {unit("branch3x3dbl_1", 64), unit("branch3x3dbl_2", 96, 3, 3),
                                  unit("branch3x3dbl_3", 96, 3, 3)}},
                       pooled(mean_around, pool_width)}};
}

Branches mixed_6a() {
  return {.branches = {{.units = {halving_unit("branch3x3", 384)}},
                       {.units = {unit("branch3x3dbl_1", 64), unit("branch3x3dbl_2", 96, 3, 3),
                                  halving_unit("branch3x3dbl_3", 96)}},
                       {.pool = halving}}};
}

// Blocks 6b to 6e, maps of 17 x 17; w: the width between the rectangular kernels.
Branches mixed_6(int64_t w) {
  return {.branches = {
              {.units = {unit("branch1x1", 192)}},
              {.units = {unit("branch7x7_1", w), unit("branch7x7_2", w, 1, 7), unit("branch7x7_3", 192, 7, 1)}},
              {.units = {unit("branch7x7dbl_1", w), unit("branch7x7dbl_2", w, 7, 1), unit("branch7x7dbl_3", w, 1, 7),
                         unit("branch7x7dbl_4", w, 7, 1), unit("branch7x7dbl_5", 192, 1, 7)}},
              pooled(mean_around, 192)}};
}

Branches mixed_7a() {
  return {.branches = {{.units = {unit("branch3x3_1", 192), halving_unit("branch3x3_2", 320)}},
                       {.units = {unit("branch7x7x3_1", 192), unit("branch7x7x3_2", 192, 1, 7),
                                  unit("branch7x7x3_3", 192, 7, 1), halving_unit("branch7x7x3_4", 192)}},
                       {.pool = halving}}};
}

// Blocks 7b and 7c, maps of 8 x 8; they differ only in the pooling of their last branch.
Branches mixed_7(const SinglePool& pool) {
  return {.branches = {
              {.units = {unit("branch1x1", 320)}},
              {.units = {unit("branch3x3_1", 384), unit("branch3x3_2a", 384, 1, 3), unit("branch3x3_2b", 384, 3, 1)},
               .fork = 2},
              {.units = {unit("branch3x3dbl_1", 448), unit("branch3x3dbl_2", 384, 3, 3),
                         unit("branch3x3dbl_3a", 384, 1, 3), unit("branch3x3dbl_3b", 384, 3, 1)},
               .fork = 2},
              pooled(pool, 192)}};
}

Branches narrowed(Branches block, int64_t divisor) {
  for (auto& branch : block.branches)
    for (auto& unit : branch.units) unit.out /= divisor;
  return block;
}

}  // namespace

// Steps have the names that the released weights use.
Plan make_plan(const InceptionSpec& spec) {
  require_divides("width_divisor", spec.width_divisor, /*what all widths are multiples of=*/16);
  Chain chain(Shape::map(3, spec.size, spec.size));
  const auto add = [&](const char* name, const Branches& block) {
    chain.add({name}, narrowed(block, spec.width_divisor));
  };
  chain.add({"levels"}, LevelScale{.shift = 128, .scale = 128});
  add("Conv2d_1a_3x3", stem(32, 3, 2));
  add("Conv2d_2a_3x3", stem(32, 3));
  add("Conv2d_2b_3x3", stem(64, 3, 1, Padding::same));
  chain.add({"MaxPool_1"}, halving);
  add("Conv2d_3b_1x1", stem(80, 1));
  add("Conv2d_4a_3x3", stem(192, 3));
  chain.add({"MaxPool_2"}, halving);
  add("Mixed_5b", mixed_5(32));
  add("Mixed_5c", mixed_5(64));
  add("Mixed_5d", mixed_5(64));
  add("Mixed_6a", mixed_6a());
  add("Mixed_6b", mixed_6(128));
  add("Mixed_6c", mixed_6(160));
  add("Mixed_6d", mixed_6(160));
  add("Mixed_6e", mixed_6(192));
  add("Mixed_7a", mixed_7a());
  add("Mixed_7b", mixed_7(mean_around));
  add("Mixed_7c", mixed_7(largest_around));
  chain.add({"AvgPool"}, SinglePool{.pool = PoolKind::average, .kernel = 0, .stride = 1}, "features");
  return chain.finish();
}

}  // namespace mds
