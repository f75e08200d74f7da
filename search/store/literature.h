// Figures printed in publications, never measured here, which every database holds.
#pragma once

#include <string>
#include <vector>

#include "search/store/row.h"

namespace mds {

struct LiteratureRow {
  std::string source{}, network{}, name{};
  double value = 0;
  std::string unit{}, conditions{};

  static constexpr TableTraits table{.name = "literature", .storage = Storage::by_key};
  static void columns(auto& self, auto&& column) {
    column("source", self.source, {.key = true});
    column("network", self.network, {.key = true});
    column("name", self.name, {.key = true});
    column("value", self.value);
    column("unit", self.unit);
    column("conditions", self.conditions);
  }
};

inline constexpr const char* literature_table1 = "MobileDiffusion, arXiv 2311.16567, Table 1";
inline constexpr const char* literature_table2 = "MobileDiffusion, arXiv 2311.16567, Table 2";
inline constexpr const char* literature_table4 = "MobileDiffusion, arXiv 2311.16567, Table 4";
inline constexpr const char* literature_table5 = "MobileDiffusion, arXiv 2311.16567, Table 5";
inline constexpr const char* literature_ladder = "MobileDiffusion, arXiv 2311.16567, Section 3.2";

inline constexpr const char* literature_one_step =
    "READMEs of mingyuanzhou/SiD, Zyriix/D2O, tianweiy/DMD2 and NVlabs/FastGen";

// The figures that a database is given when it is opened for writing.
const std::vector<LiteratureRow>& literature();

}  // namespace mds
