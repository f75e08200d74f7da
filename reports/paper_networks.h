// What the tables of the paper share: the networks that they compare with the parts of their pipelines, the shape of a
// UNet in the paper's columns, and latencies of several networks under one setting.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

// A UNet with the text encoders and the decoder that a picture needs besides it.
struct PaperNetwork {
  const char* unet;
  std::vector<const char*> texts;
  const char* decoder;
};
// From many to few parameters. SnapFusion's pruned decoder is not public; Stable Diffusion's stands in its place.
std::span<const PaperNetwork> paper_networks();
// Every part of them once.
std::vector<std::string> paper_parts();

// Table 1's columns of a UNet, from its stored blocks; null where none are stored.
struct NetworkShape {
  Json channels{}, conv_blocks{}, self_attentions{}, cross_attentions{};
};
NetworkShape shape_of(const Database& database, const std::string& arch_hash);

// Bytes of the fp16 weights of a network's whole pipeline; null where the database lacks a part.
Json fp16_bytes(const Database& database, const ReportOptions& options, const PaperNetwork& network);

// Latencies by network's name, all under one setting.
struct SettingLatencies {
  Setting setting{};
  std::map<std::string, Latency> by_network{};

  Json milliseconds(const std::string& network) const;  // null where it was not timed
};
// Of these networks, by setting: those with the most of them first, then those of newer programs. One entry without
// latencies where there are none. Only the first unless options.all.
std::vector<SettingLatencies> latencies_of(const Database& database, const ReportOptions& options,
                                           const std::vector<std::string>& networks);
std::string setting_words(const SettingLatencies& latencies);  // a footnote

// a / b, null where either is.
Json ratio_of(const Json& a, const Json& b);

}  // namespace mds
