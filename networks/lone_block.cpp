#include "networks/lone_block.h"

#include "networks/unet.h"
#include "spec/listed.h"
#include "spec/number.h"

namespace mds {
namespace {

constexpr const char* shape_examples = "a shape such as 1024x16x16, 256x1024 (tokens) or 1280";

Site usual_site(const Shape& in) {
  const UNetSpec unet;
  return {.in = in, .text_tokens = unet.text_tokens, .text_width = unet.text_width, .time_width = unet.time_width};
}

Link link_of(const BlockSpec& block, const Site& site) {
  if (std::holds_alternative<TimeEmbedding>(block) || std::holds_alternative<AddedEmbedding>(block)) return Link::time;
  if (std::holds_alternative<PositionNetwork>(block)) return Link::layout;
  return site.skip_channels > 0 ? Link::concat : Link::none;
}

// What a kind of block reads; the embeddings of a time and of a layout read no input. Towers' blocks read tokens.
template <class Spec>
constexpr ShapeKind read_kind = ShapeKind::map;
template <>
constexpr ShapeKind read_kind<TokenEmbedding> = ShapeKind::tokens;
template <>
constexpr ShapeKind read_kind<EncoderBlock> = ShapeKind::tokens;
template <>
constexpr ShapeKind read_kind<TokenNorm> = ShapeKind::tokens;
template <>
constexpr ShapeKind read_kind<PooledProjection> = ShapeKind::tokens;

// What the layers cannot see: whether the site's shape is of the block's kind, and whether what it reads is in scope.
void require_scope(const BlockSpec& block, const Site& site) {
  const ShapeKind wanted = std::visit([]<class Spec>(const Spec&) { return read_kind<Spec>; }, block);
  const Link link = link_of(block, site);
  if (site.in.kind != wanted && link != Link::time && link != Link::layout)
    throw ConfigError("the site is of kind " + std::string(name_of(site.in.kind)) +
                      "; allowed: " + std::string(name_of(wanted)));
  const auto* stack = std::get_if<TransformerStack>(&block);
  if (stack && stack->depth > 0 && stack->options.cross_attention && site.text_tokens * site.text_width == 0)
    throw ConfigError("cross_attention reads text, and text_tokens or text_width is 0; allowed: at least 1");
  const bool reads_time = std::visit(
      [](const auto& each) {
        if constexpr (requires { each.time == TimeUse::none; }) return each.time != TimeUse::none;
        return false;
      },
      block);
  if (reads_time && site.time_width == 0)
    throw ConfigError("time is not none, and time_width is 0; allowed: at least 1");
}

int64_t own_channels(const Site& site) { return site.in.channels - site.skip_channels; }

BlockSpec canonical(BlockSpec block, const Site& site) {
  auto* stack = std::get_if<TransformerStack>(&block);
  if (!stack) return block;
  const LevelSpec level = canonical(LevelSpec{.width = site.in.channels,
                                              .down = {stack->depth},
                                              .transformer_width = stack->width,
                                              .stack = stack->options},
                                    -1);
  return TransformerStack{.depth = stack->depth, .width = level.transformer_width, .options = level.stack};
}

std::string path_of(const BlockSpec& block, const Site& site) {
  const std::string words = words_of(block, site);
  return std::string(kind_of(block)) + " " + words_of(site) + (words.empty() ? "" : ", " + words);
}

// The kind's defaults at the site: a block writes as many channels as it reads, and heads are 64 wide.
Json defaults_of(const BlockSpec& block, const Site& site) {
  return std::visit(
      [&]<class Spec>(const Spec&) {
        Spec spec{};
        if constexpr (requires { spec.out; }) spec.out = own_channels(site);
        return to_json(canonical(BlockSpec(spec), site));
      },
      block);
}

PlanStep checked_step(const BlockSpec& block, const Site& site, Link link) {
  require_scope(block, site);
  cost(block, site);
  return {.path = path_of(block, site),
          .block = block,
          .site = site,
          .out = output_shape(block, site),
          .link = link,
          .output = {}};
}

}  // namespace

Shape parse_shape(const std::string& text, const Place& place) {
  std::vector<int64_t> extents;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('x', at), text.size());
    const auto extent = parse_whole(text.substr(at, end - at));
    if (!extent || *extent < 1 || extents.size() == 3)
      place.fail("is \"" + text + "\"; allowed: " + shape_examples + ", each extent at least 1");
    extents.push_back(*extent);
    at = end + 1;
  }
  if (extents.size() == 1) return Shape::vector(extents[0]);
  if (extents.size() == 2) return Shape::tokens(extents[0], extents[1]);
  return Shape::map(extents[0], extents[1], extents[2]);
}

Site parse_site(const Json& json, const Place& place) {
  if (json.is_string()) return usual_site(parse_shape(json.get<std::string>(), place));
  check_type(place, json, json.is_object(), std::string(shape_examples) + ", or an object with a site's fields");
  Site site = usual_site({});
  read_json(json, site, place);
  if (site.skip_channels >= std::max<int64_t>(site.in.channels, 1))
    place.child("skip_channels")
        .fail("is " + std::to_string(site.skip_channels) + "; allowed: less than in.channels, " +
              std::to_string(site.in.channels));
  return site;
}

PlanStep lone_step(const Json& block, const Site& site, const Place& place) {
  BlockSpec spec;
  read_json(block, spec, place);
  std::visit(
      [&](auto& each) {
        if constexpr (requires { each.out; })
          if (!block.contains("out")) each.out = own_channels(site);
      },
      spec);
  try {
    spec = canonical(std::move(spec), site);
    return checked_step(spec, site, link_of(spec, site));
  } catch (const ConfigError& error) {
    place.fail("is of kind " + std::string(kind_of(spec)) + ", which cannot stand at " + words_of(site) + ": " +
               error.what());
  }
}

PlanStep step_of(const std::string& text) {
  const Place place{"block", ""};
  const Json json = parse_json(text, place.source);
  const bool of_step =
      json.is_object() && json.contains("block") && json.contains("site") && json.contains("adds_skip");
  check_type(place, json, of_step && json["adds_skip"].is_boolean(), "a block with its site");
  BlockSpec block;
  Site site;
  read_json(json["block"], block, place.child("block"));
  read_json(json["site"], site, place.child("site"));
  return checked_step(block, site, json["adds_skip"] ? Link::add : link_of(block, site));
}

std::string words_of(const BlockSpec& block, const Site& site) {
  const Json own = to_json(block), usual = defaults_of(block, site);
  std::vector<std::string> words;
  for (const auto& [name, value] : own.items())
    if (!usual.contains(name) || usual[name] != value)
      words.push_back(name + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
  return listed(words);
}

std::string words_of(const Site& site) {
  const Site usual = usual_site(site.in);
  std::string words = to_string(site.in);
  if (site.skip_channels > 0) words += ", " + std::to_string(site.skip_channels) + " of a skip";
  if (site.text_tokens != usual.text_tokens || site.text_width != usual.text_width)
    words += ", text " + std::to_string(site.text_tokens) + "x" + std::to_string(site.text_width);
  if (site.time_width != usual.time_width) words += ", time " + std::to_string(site.time_width);
  if (site.pooled_width > 0) words += ", pooled text " + std::to_string(site.pooled_width);
  if (site.time_ids > 0) words += ", " + std::to_string(site.time_ids) + " numbers";
  if (site.boxes > 0) words += ", " + std::to_string(site.boxes) + " boxes";
  return words;
}

}  // namespace mds
