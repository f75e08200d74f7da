// What others published of one-step methods, as the store keeps it: never measured here.
#include <algorithm>
#include <array>

#include "reports/distillation.h"
#include "reports/paper_networks.h"

namespace mds {
namespace {

constexpr const char* printed_teacher = "EDM teacher, many steps";

struct PrintedData {
  const char *name, *shown;
};
constexpr std::array printed_data{PrintedData{"fid_cifar10", "CIFAR-10"}, PrintedData{"fid_ffhq64", "FFHQ 64"},
                                  PrintedData{"fid_afhq64", "AFHQ 64"}, PrintedData{"fid_imagenet64", "ImageNet 64"}};

}  // namespace

Table published_distillations(const Database& database) {
  Table table{.title = "Published, one step",
              .columns = {{.name = "method", .weight = Weight::identity},
                          {.name = "literature", .audience = Audience::programs},
                          {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity}}};
  for (const auto& data : printed_data) {
    table.columns.push_back(
        {.name = data.name, .header = std::string(data.shown) + " FID ↓", .digits = 2, .weight = Weight::major});
    table.columns.push_back({.name = std::string(data.name) + "_of_teacher",
                             .header = "%",
                             .scale = 100,
                             .digits = 0,
                             .weight = Weight::major,
                             .follows = true});
  }
  const auto figures = printed_figures(database);
  std::vector<std::string> methods{printed_teacher};
  for (const auto& figure : figures)
    if (figure.source == literature_one_step && !std::ranges::count(methods, figure.network))
      methods.push_back(figure.network);
  for (const auto& method : methods) {
    std::vector<Json> row{method, true, "†"};
    for (const auto& data : printed_data) {
      const Json fid = printed_value(figures, {literature_one_step, method, data.name});
      row.insert(row.end(),
                 {fid, ratio_of(fid, printed_value(figures, {literature_one_step, printed_teacher, data.name}))});
    }
    table.rows.push_back(std::move(row));
  }
  table.footnotes = {
      std::string("† literature: ") + literature_one_step +
      ", never measured here; %: of the teacher's FID. Other networks, and some 15,000 to 1,280,000 training "
      "pictures. Their FID and "
      "the distances above do not compare; the shares of the teacher's may. The MobileDiffusion paper's "
      "own: `mdsearch report table4`."};
  return table;
}

}  // namespace mds
