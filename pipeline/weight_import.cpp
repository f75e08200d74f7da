#include "pipeline/weight_import.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pipeline/weights.h"

namespace mds {
namespace {

int64_t third_of(Form form) { return int64_t(form) - int64_t(Form::query); }
bool is_third(Form form) { return form >= Form::query; }

// The foreign tensor in our shape; undefined where that is impossible. Sides of one are ignored, so a 1 x 1 convolution
// can be a linear layer, and a row of a table a vector.
Tensor in_our_form(const Tensor& theirs, const ForeignWeight& weight) {
  Tensor tensor = theirs;
  if (weight.form == Form::bare_transposed && tensor.dim() == 2) tensor = tensor.t();
  if (is_third(weight.form)) {
    if (tensor.dim() == 0 || tensor.size(0) != 3 * weight.our_shape[0]) return {};
    tensor = tensor.narrow(0, third_of(weight.form) * weight.our_shape[0], weight.our_shape[0]);
  }
  const auto sides = [](at::IntArrayRef sizes) {
    std::vector<int64_t> list;
    std::copy_if(sizes.begin(), sizes.end(), std::back_inserter(list), [](int64_t side) { return side != 1; });
    return list;
  };
  return sides(tensor.sizes()) == sides(weight.our_shape) ? tensor.reshape(weight.our_shape) : Tensor();
}

bool begins_with_any(std::string_view name, const std::vector<std::string_view>& begins) {
  return std::any_of(begins.begin(), begins.end(), [&](std::string_view begin) { return name.starts_with(begin); });
}

template <class Visit>
void for_each_dialect(PartKind kind, Layout layout, Visit&& visit) {
  for (const auto& dialect : dialects())
    for (const auto& use : dialect.uses)
      if (dialect.kind == kind && use.layout == layout) visit(dialect, use.prefixes);
}

// One point for each name that exists, one more where it fits: two towers in a file may differ only in shapes.
size_t score_of(const std::vector<ForeignWeight>& names, const std::string& prefix, const TensorMap& file) {
  size_t score = 0;
  for (const auto& weight : names)
    if (const auto found = file.find(prefix + weight.theirs); found != file.end())
      score += in_our_form(found->second, weight).defined() ? 2 : 1;
  return score;
}

std::vector<std::string> names_in(const TensorMap& file) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file) names.push_back(name);
  return names;
}

[[noreturn]] void fail_without_match(const std::string& place, Layout layout, const TensorMap& file) {
  const std::vector<std::string> names = names_in(file);
  const std::string_view like = layout_that_looks_like(names);
  std::string text = place + " in the " + std::string(name_of(layout)) + " layout found among " +
                     std::to_string(names.size()) + " tensors";
  if (!names.empty()) text += "; the first is " + shown(names.front());
  if (!like.empty()) text += "; the names look like the " + std::string(like) + " layout";
  throw FileError(text);
}

// The side of square pictures whose patches and a class token have `rows` positions; 0 where there is no such square.
int64_t pixels_of(int64_t rows, int64_t patch) {
  const auto side = int64_t(std::lround(std::sqrt(double(std::max<int64_t>(rows - 1, 0)))));
  return side * side + 1 == rows ? side * patch : 0;
}

// Explains the number of an image tower's positions by picture sizes, or returns nothing.
std::string picture_sizes(const ForeignWeight& positions, const Tensor& theirs,
                          const std::vector<ForeignWeight>& names) {
  const auto patches = std::find_if(
      names.begin(), names.end(), [](const ForeignWeight& weight) { return weight.ours == "embeddings.patch.weight"; });
  if (positions.ours != "embeddings.position.weight" || patches == names.end() || theirs.dim() == 0) return {};
  const int64_t patch = patches->our_shape.back();
  const int64_t found = pixels_of(theirs.size(0), patch), wanted = pixels_of(positions.our_shape[0], patch);
  if (found == 0 || wanted == 0 || found == wanted) return {};
  return "; they are of pictures of " + std::to_string(found) + " x " + std::to_string(found) +
         " pixels, the network's of " + std::to_string(wanted) + " x " + std::to_string(wanted);
}

}  // namespace

NameMatch match_names(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source) {
  const PartKind kind = kind_of(plan);
  NameMatch best;
  bool has_dialect = false;
  for_each_dialect(kind, layout, [&](const Dialect& dialect, const std::vector<std::string_view>& prefixes) {
    has_dialect = true;
    const auto names = foreign_names(plan, dialect);
    for (const auto prefix : prefixes) {
      const size_t score = score_of(names, std::string(prefix), file);
      if (score > best.score) best = {&dialect, std::string(prefix), names, score};
    }
  });
  if (!has_dialect)
    throw ConfigError("the " + std::string(name_of(layout)) + " layout has no " + std::string(name_of(kind)));
  if (best.score == 0) fail_without_match(source + ": no tensor of the " + std::string(name_of(kind)), layout, file);
  return best;
}

std::vector<std::string> problems(const NameMatch& match, const TensorMap& file) {
  std::vector<std::string> list;
  std::set<std::string> used;
  for (const auto& weight : match.names) {
    const std::string name = match.prefix + weight.theirs;
    used.insert(name);
    const auto found = file.find(name);
    if (found == file.end())
      list.push_back("missing " + name + ", our " + weight.ours);
    else if (const std::string wrong = wrong_type(found->second); !wrong.empty())
      list.push_back(wrong + " " + name);
    else if (!in_our_form(found->second, weight).defined())
      list.push_back("misshapen " + name + ": " + sizes_text(found->second.sizes()) + ", expected " +
                     sizes_text(weight.their_shape) + picture_sizes(weight, found->second, match.names));
  }
  for (const auto& [name, tensor] : file)
    if (name.starts_with(match.prefix) && !used.contains(name) && !counts_batches(name) &&
        !begins_with_any(std::string_view(name).substr(match.prefix.size()), match.dialect->leave_be))
      list.push_back("unexpected " + name);
  return list;
}

TensorMap import_weights(const Plan& plan, Layout layout, const TensorMap& file, const std::string& source) {
  const NameMatch match = match_names(plan, layout, file, source);
  complain(source, problems(match, file));
  TensorMap weights;
  for (const auto& weight : match.names)
    weights[weight.ours] = in_our_form(file.at(match.prefix + weight.theirs), weight);
  return weights;
}

TensorMap import_weights(const Plan& plan, const TensorMap& file, const std::string& source) {
  const auto& layouts = EnumNames<Layout>::names;
  const auto like = std::find(layouts.begin(), layouts.end(), layout_that_looks_like(names_in(file)));
  return like == layouts.end() ? file : import_weights(plan, Layout(like - layouts.begin()), file, source);
}

TensorMap export_weights(const Plan& plan, Layout layout, const TensorMap& weights) {
  const Dialect* first = nullptr;
  for_each_dialect(kind_of(plan), layout, [&](const Dialect& dialect, const auto&) {
    if (!first) first = &dialect;
  });
  if (!first) throw ConfigError("the " + std::string(name_of(layout)) + " layout has no such part");
  TensorMap file;
  for (const auto& weight : foreign_names(plan, *first)) {
    Tensor tensor = weights.at(weight.ours);
    if (weight.form == Form::bare_transposed) tensor = tensor.t();
    if (weight.form == Form::bare) tensor = tensor.squeeze(0);
    if (weight.form == Form::scalar) tensor = tensor.reshape({});
    Tensor& place = file[weight.theirs];
    place = is_third(weight.form) && place.defined() ? at::cat({place, tensor}) : tensor;
  }
  return file;
}

}  // namespace mds
