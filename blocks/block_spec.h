// The one list of block kinds, and the questions that any block answers without a tensor.
#pragma once

#include <variant>

#include "blocks/adapter.h"
#include "blocks/feature.h"
#include "blocks/map_attention.h"
#include "blocks/mobile.h"
#include "blocks/perceptual.h"
#include "blocks/position.h"
#include "blocks/resample.h"
#include "blocks/resnet.h"
#include "blocks/stem.h"
#include "blocks/taesd.h"
#include "blocks/tower.h"
#include "blocks/transformer.h"

namespace mds {

using BlockSpec = std::variant<TimeEmbedding, SingleConvolution, OutputNorm, Downsample, Upsample, Resnet, Separable,
                               TransformerStack, TokenEmbedding, PatchEmbedding, EncoderBlock, TokenNorm,
                               PooledProjection, AddedEmbedding, MapAttention, TaesdBlock, TaesdConvolution, LevelScale,
                               SinglePool, Branches, ChannelScale, ReluConvolution, PerceptualHead, MobileConvolution,
                               MobileBlock, Unshuffle, AdapterResidual, HintConvolution, PositionNetwork>;

std::string_view kind_of(const BlockSpec& block);
Shape output_shape(const BlockSpec& block, const Site& site);

// All three throw ConfigError when the block cannot stand at the site.
void list_layers(const BlockSpec& block, const Site& site, LayerSink& sink);
std::vector<Layer> layers(const BlockSpec& block, const Site& site);
Cost cost(const BlockSpec& block, const Site& site);

}  // namespace mds
