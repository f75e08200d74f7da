#include "reports/paper_networks.h"

#include <algorithm>

#include "search/store/select.h"

namespace mds {

std::span<const PaperNetwork> paper_networks() {
  static const std::vector<const char*> clip{"clip-vit-l-14-text"};
  static const std::vector<PaperNetwork> list{
      {"sdxl", {"clip-vit-l-14-text", "open-clip-vit-bigg-14-text"}, "sd-vae-decoder"},
      {"sd15", clip, "sd-vae-decoder"},
      {"snapfusion", clip, "sd-vae-decoder"},
      {"bk-sdm-base", clip, "sd-vae-decoder"},
      {"bk-sdm-small", clip, "sd-vae-decoder"},
      {"mobilediffusion", clip, "md-vae-decoder-light"},
      {"bk-sdm-tiny", clip, "sd-vae-decoder"},
      {"mobilediffusion-lite", clip, "md-vae-decoder-light"}};
  return list;
}

std::vector<std::string> paper_parts() {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(parts, name) == parts.end()) parts.push_back(name);
  };
  for (const auto& network : paper_networks()) {
    add(network.unet);
    for (const char* text : network.texts) add(text);
    add(network.decoder);
  }
  add("md-vae-decoder");
  return parts;
}

NetworkShape shape_of(const Database& database, const std::string& arch_hash) {
  NetworkShape shape;
  std::vector<std::string> channels;
  int64_t conv = 0, self = 0, cross = 0;
  for (const auto& [path, kind, out, text] : select<std::string, std::string, std::string, std::string>(
           database,
           "SELECT path, kind, out_shape, block_json FROM arch_block JOIN block USING(block_id) JOIN arch "
           "USING(arch_id) WHERE arch.hash = :hash ORDER BY step",
           arch_hash)) {
    const bool is_conv = kind == "resnet" || kind == "separable";
    conv += is_conv;
    const std::string width = out.substr(0, out.find('x'));
    if (is_conv && path.starts_with("down") && path.ends_with(".0.conv")) channels.push_back(width);
    if (kind != "transformer") continue;
    const Json block = json_or_null(text)["block"];
    const int64_t depth = block.value("depth", int64_t{1});
    self += block.value("self_attention", true) ? depth : 0;
    cross += block.value("cross_attention", true) ? depth : 0;
  }
  if (conv == 0) return shape;
  for (const auto& width : channels)
    shape.channels = shape.channels.is_null() ? width : shape.channels.get<std::string>() + "," + width;
  shape.conv_blocks = conv;
  shape.self_attentions = self;
  shape.cross_attentions = cross;
  return shape;
}

Json fp16_bytes(const Database& database, const ReportOptions& options, const PaperNetwork& network) {
  std::vector<const char*> parts = network.texts;
  parts.insert(parts.end(), {network.unet, network.decoder});
  int64_t params = 0;
  for (const char* part : parts) {
    const auto arch = shipped_arch(database, options, part);
    if (!arch) return {};
    params += arch->params;
  }
  return 2 * params;
}

Json SettingLatencies::milliseconds(const std::string& network) const {
  const auto found = by_network.find(network);
  return found == by_network.end() ? Json() : Json(found->second.ns * 1e-6);
}

std::vector<SettingLatencies> latencies_of(const Database& database, const ReportOptions& options,
                                           const std::vector<std::string>& networks) {
  std::map<std::string, std::string> names;  // by hash
  for (const auto& network : networks)
    if (const auto arch = shipped_arch(database, options, network)) names[arch->hash] = network;
  std::vector<SettingLatencies> settings;
  for (const auto& profile : network_profiles(database)) {
    const auto latency = profile.latency();
    if (!latency || !names.contains(profile.hash)) continue;
    auto at = std::ranges::find(settings, profile.setting, &SettingLatencies::setting);
    if (at == settings.end()) at = settings.insert(at, {.setting = profile.setting});
    at->by_network.emplace(names.at(profile.hash), *latency);
  }
  if (settings.empty()) return {SettingLatencies{}};
  std::ranges::stable_sort(settings, [](const auto& a, const auto& b) {
    return std::pair(a.by_network.size(), a.setting.env_id) > std::pair(b.by_network.size(), b.setting.env_id);
  });
  if (!options.all) settings.resize(1);
  return settings;
}

std::string setting_words(const SettingLatencies& latencies) {
  return latencies.by_network.empty() ? "Latency: not measured; `mdsearch bench paper` measures what these tables need."
                                      : "Latency on " + to_string(latencies.setting) + ".";
}

Json ratio_of(const Json& a, const Json& b) {
  return a.is_null() || b.is_null() ? Json() : Json(a.get<double>() / b.get<double>());
}

}  // namespace mds
