// Figures of the MobileDiffusion paper, as printed. Table 1: TPU v3, 64x64 latent; sizes are the fp16 pipeline: UNet,
// text encoder and decoder. Table 2 names neither the device of its latencies nor the network of its LPIPS. In table 5
// SnapFusion's row comes from its own paper. The paper's "GFLOPs" are 1e9 valid multiply-accumulates.
#include "search/store/literature.h"

namespace mds {
namespace {

constexpr const char* table1 = literature_table1;
constexpr const char* table2 = literature_table2;
constexpr const char* table5 = literature_table5;
constexpr const char* ladder = literature_ladder;
constexpr const char* forward = "one forward step, 64x64 latent";
constexpr const char* tpu = "one forward step, 64x64 latent, TPU v3";
constexpr const char* coco = "zero-shot COCO, 30,000 pictures, 512 px, guidance 7.5; CLIP score by ViT-B/32";
constexpr const char* decoding = "decoding to 512 x 512";
constexpr const char* returned = "COCO 2017 validation, pictures encoded and decoded";
constexpr const char* step_before = "against the network before this step";
constexpr const char* phone = "512 px, iPhone 15 Pro";
constexpr const char* older_phone = "512 px, iPhone 14 Pro";
constexpr const char* pipeline = "fp16: UNet, text encoder, decoder";

const std::vector<LiteratureRow> rows{
    {table1, "sdxl", "params", 2300e6, "1", forward},
    {table1, "sdxl", "macs_valid", 710e9, "1", forward},
    {table1, "sdxl", "latency_ms", 29.5, "ms", tpu},
    {table1, "sdxl", "size_bytes", 5.66e9, "bytes", pipeline},
    {table1, "sd15", "params", 862e6, "1", forward},
    {table1, "sd15", "macs_valid", 392e9, "1", forward},
    {table1, "sd15", "latency_ms", 21.7, "ms", tpu},
    {table1, "sd15", "size_bytes", 2.07e9, "bytes", pipeline},
    {table1, "snapfusion", "params", 848e6, "1", forward},
    {table1, "snapfusion", "macs_valid", 285e9, "1", forward},
    {table1, "snapfusion", "latency_ms", 15.0, "ms", tpu},
    {table1, "snapfusion", "size_bytes", 1.97e9, "bytes", pipeline},
    {table1, "mobilediffusion", "params", 386e6, "1", forward},
    {table1, "mobilediffusion", "macs_valid", 182e9, "1", forward},
    {table1, "mobilediffusion", "latency_ms", 9.9, "ms", tpu},
    {table1, "mobilediffusion", "size_bytes", 1.04e9, "bytes", pipeline},
    {table1, "mobilediffusion-lite", "params", 278e6, "1", forward},
    {table1, "mobilediffusion-lite", "macs_valid", 153e9, "1", forward},
    {table1, "mobilediffusion-lite", "latency_ms", 8.8, "ms", tpu},
    {table1, "mobilediffusion-lite", "size_bytes", 0.82e9, "bytes", pipeline},
    {table2, "sd-vae-decoder", "params", 49.5e6, "1", decoding},
    {table2, "sd-vae-decoder", "psnr", 26.7, "dB", returned},
    {table2, "sd-vae-decoder", "ssim", 0.76, "1", returned},
    {table2, "sd-vae-decoder", "lpips", 0.037, "1", returned},
    {table2, "sd-vae-decoder", "latency_ms", 200, "ms", decoding},
    {table2, "md-vae-decoder", "params", 39.3e6, "1", decoding},
    {table2, "md-vae-decoder", "psnr", 30.0, "dB", returned},
    {table2, "md-vae-decoder", "ssim", 0.83, "1", returned},
    {table2, "md-vae-decoder", "lpips", 0.032, "1", returned},
    {table2, "md-vae-decoder", "latency_ms", 125, "ms", decoding},
    {table2, "md-vae-decoder-light", "params", 9.8e6, "1", decoding},
    {table2, "md-vae-decoder-light", "psnr", 30.2, "dB", returned},
    {table2, "md-vae-decoder-light", "ssim", 0.84, "1", returned},
    {table2, "md-vae-decoder-light", "lpips", 0.032, "1", returned},
    {table2, "md-vae-decoder-light", "latency_ms", 65, "ms", decoding},
    {table5, "SnapFusion", "text_ms", 4, "ms", older_phone},
    {table5, "SnapFusion", "decoder_ms", 116, "ms", older_phone},
    {table5, "SnapFusion", "unet_step_ms", 230, "ms", older_phone},
    {table5, "SnapFusion", "steps", 8, "1", older_phone},
    {table5, "SnapFusion", "overall_ms", 1960, "ms", older_phone},
    {table5, "UFOGen", "text_ms", 4, "ms", phone},
    {table5, "UFOGen", "decoder_ms", 285, "ms", phone},
    {table5, "UFOGen", "unet_step_ms", 1580, "ms", phone},
    {table5, "UFOGen", "steps", 1, "1", phone},
    {table5, "UFOGen", "overall_ms", 1869, "ms", phone},
    {table5, "MobileDiffusion, 8 steps", "text_ms", 4, "ms", phone},
    {table5, "MobileDiffusion, 8 steps", "decoder_ms", 92, "ms", phone},
    {table5, "MobileDiffusion, 8 steps", "unet_step_ms", 142, "ms", phone},
    {table5, "MobileDiffusion, 8 steps", "steps", 8, "1", phone},
    {table5, "MobileDiffusion, 8 steps", "overall_ms", 1232, "ms", phone},
    {table5, "MobileDiffusion, 1 step", "text_ms", 4, "ms", phone},
    {table5, "MobileDiffusion, 1 step", "decoder_ms", 92, "ms", phone},
    {table5, "MobileDiffusion, 1 step", "unet_step_ms", 142, "ms", phone},
    {table5, "MobileDiffusion, 1 step", "steps", 1, "1", phone},
    {table5, "MobileDiffusion, 1 step", "overall_ms", 238, "ms", phone},
    {table5, "MobileDiffusion-Lite, 1 step", "text_ms", 4, "ms", phone},
    {table5, "MobileDiffusion-Lite, 1 step", "decoder_ms", 92, "ms", phone},
    {table5, "MobileDiffusion-Lite, 1 step", "unet_step_ms", 123, "ms", phone},
    {table5, "MobileDiffusion-Lite, 1 step", "steps", 1, "1", phone},
    {table5, "MobileDiffusion-Lite, 1 step", "overall_ms", 219, "ms", phone},
    {ladder, "sd15", "fid", 12.45, "1", coco},
    {ladder, "sd15", "clip", 0.325, "1", coco},
    {ladder, "ladder-1", "compute_change", -0.26, "1", "run-time efficiency, as printed: 26%"},
    {ladder, "ladder-2", "compute_change", -0.15, "1", "computational efficiency, as printed: 15%"},
    {ladder, "ladder-2-uvit", "fid", 17.87, "1", coco},
    {ladder, "ladder-2-uvit", "clip", 0.302, "1", coco},
    {ladder, "ladder-3", "params_change", -0.05, "1", step_before},
    {ladder, "ladder-5", "fid", 12.31, "1", coco},
    {ladder, "ladder-6", "params_change", -0.10, "1", step_before},
    {ladder, "ladder-6", "fid", 12.58, "1", coco},
    {ladder, "ladder-7", "params_change", -0.10, "1", step_before},
    {ladder, "ladder-8", "params_change", -0.15, "1", step_before},
    {ladder, "ladder-8", "compute_change", -0.19, "1", "efficiency, as printed: 19%"},
};

}  // namespace

const std::vector<LiteratureRow>& literature() { return rows; }

}  // namespace mds
