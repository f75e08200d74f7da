#include "app/evaluate_options.h"

#include "app/evaluate_model.h"
#include "app/picture_file.h"
#include "spec/listed.h"

namespace mds {
namespace {

// One score of the help.
std::string line_of(const Metric& metric) {
  const std::string name = metric.name, network = metric.network;
  return "  " + name + std::string(20 - name.size(), ' ') + (network.empty() ? "" : network + ": ") + metric.convention;
}

}  // namespace

CommandLine evaluate_command_line(EvaluateOptions& options) {
  CommandLine line{.usage =
                       "mdsearch evaluate --images DIR --reference DIR [--metrics LIST]\n"
                       "       mdsearch evaluate --model DIR... --prompts FILE --out DIR --metrics LIST\n"
                       "       mdsearch evaluate --model AUTOENCODER... --reference DIR --out DIR --metrics LIST",
                   .example =
                       "mdsearch evaluate --model weights/emoji-md --prompts prompts.txt --out out/drawn "
                       "--metrics clip_emoji",
                   .positional = {},
                   .notes = "Scores:\n" + listed(all_metrics(), line_of, "\n")};
  line.options.add_options()("metrics", po::value(&options.metrics)->default_value(default_metrics)->value_name("LIST"),
                             "names of scores with commas between; those of the default need no weights but those of "
                             "scripts/setup.sh")(
      "images", po::value(&options.images)->value_name("DIR"),
      "pictures to measure. Captions: a file x.txt beside each picture x.png, or a metadata.jsonl "
      "with lines {\"file_name\": \"x.png\", \"text\": \"red heart\"}, or the "
      "prompts that generate and evaluate write into their pictures")(
      "reference", po::value(&options.reference)->value_name("DIR"),
      "pictures to compare with, or a file of --save-reference")("save-reference",
                                                                 po::value(&options.save_reference)->value_name("FILE"),
                                                                 "write the reference statistics that were used")(
      "split", po::value(&options.split)->value_name("NAME"),
      "of --images and a --reference that are data sets: train or held_out; default: all pictures")(
      "weights", po::value(&options.weights)->composing()->value_name("NETWORK=FILE"),
      "weights of a feature network; may repeat")(
      "model", po::value(&options.models)->multitoken()->value_name("DIR"),
      "model folders, or one folder of them, to draw with; several give learning curves; without --prompts "
      "autoencoders, which return the pictures of --reference")(
      "prompts", po::value(&options.prompts)->value_name("FILE"),
      "captions to draw: one a line, or COCO's captions_*.json")(
      "sheet", po::value(&options.sheet)->value_name("FILE"),
      "autoencoders: a picture of pictures (.png, .jpg, .jpeg or .webp), with a column of the input and one of each "
      "model")("sheet-rows", po::value(&options.sheet_rows)->default_value(6)->value_name("N"),
               "of them, evenly spread")("captions", po::value(&options.captions)->default_value(0)->value_name("N"),
                                         "draw only so many, a fixed random choice, such as 30000 of COCO's; 0: all")(
      "out", po::value(&options.out)->value_name("DIR"), "drawn pictures; those that are there already are kept")(
      "overwrite", po::bool_switch(&options.overwrite), "draw pictures anew that were made otherwise")(
      "seeds", po::value(&options.seeds)->default_value(1)->value_name("N"),
      "sets to draw of each model, from --seed on; scores are then their mean, with an interval over them")(
      "repeats", po::value(&options.repeats)->default_value(1)->value_name("N"),
      "pictures of each caption, all in one set; intervals then resample captions")(
      "size", po::value(&options.size)->default_value(0)->value_name("PX"),
      "compare the largest centre squares at this side, such as 256; 0: pictures as they are")(
      "batch", po::value(&options.batch)->default_value(32)->value_name("N"),
      "pictures drawn (64 at most) or embedded together")(
      "replicates", po::value(&options.replicates)->default_value(200)->value_name("N"), "of the bootstrap")(
      "kid-subset", po::value(&options.subsets.kid)->default_value(0)->value_name("N"),
      "pictures in each of KID's 100 subsets; 0: 1000, or all of the smaller set where that has fewer")(
      "fid-inf-smallest", po::value(&options.subsets.fid_inf)->default_value(0)->value_name("N"),
      "pictures in the smallest subset of fid_inf; 0: 5000, or half of the pictures where there are no more")(
      "dtype", po::value(&options.precision)->default_value("fp32"), "of a model's UNet and decoder: fp32 or bf16")(
      "cache", po::value(&options.cache)->default_value("out/cache")->value_name("DIR"),
      "reference statistics by content")("db", po::value(&options.db)->value_name("FILE"),
                                         "record the scores in this database")(
      "format", po::value(&options.format)->default_value("table"), "table, md, csv or json");
  po::options_description sampler("Sampler, in place of the model's own");
  add_described_options<SamplerConfig>(sampler, options.sampler);
  line.options.add(sampler);
  add_extent_options(line.options, options.drawn);  // --size is that of the comparison
  add_compute_options(line.options, options.compute);
  return line;
}

void check(const EvaluateOptions& options) {
  if (options.images.empty() == options.models.empty())
    throw UsageError("needs either --images DIR or --model DIR with --prompts FILE");
  if (options.reconstructs() && (options.reference.empty() || options.out.empty()))
    throw UsageError("--model needs --prompts FILE and --out DIR; an autoencoder --reference DIR and --out DIR");
  if (!options.models.empty() && options.out.empty()) throw UsageError("--model needs --out DIR");
  if (options.reconstructs() && !(options.sampler.empty() && options.precision == "fp32" && options.seeds == 1))
    throw UsageError("--dtype, --seeds and the sampler need --prompts: an autoencoder draws nothing at random");
  if (!options.reconstructs() && !options.sheet.empty())
    throw UsageError("--sheet needs --model with autoencoders, and no --prompts");
  if (options.models.empty() && !(options.prompts.empty() && options.out.empty() && options.sampler.empty()))
    throw UsageError("--prompts, --out and the sampler need --model");
  if ((options.models.empty() || options.reconstructs()) && !(options.drawn.picture() == Extent{}))
    throw UsageError("--width and --height are of drawn pictures: they need --model and --prompts");
  if (!options.save_reference.empty() && options.reference.empty())
    throw UsageError("--save-reference needs --reference");
  if (!options.sheet.empty()) require_picture("--sheet", options.sheet);
  if (options.overwrite && options.models.empty()) throw UsageError("--overwrite needs --model");
  require_within("--size", options.size, between(0, double(max_image_side)));
  require_within("--captions", options.captions, between(0, 1e9));
  require_within("--sheet-rows", options.sheet_rows, between(1, 100));
  require_within("--batch", options.batch, between(1, 4096));
  require_within("--seeds", options.seeds, between(1, 1000));
  require_within("--repeats", options.repeats, between(1, 10000));
  if (options.models.empty() && options.seeds > 1) throw UsageError("--seeds needs --model");
  if (options.models.empty() && options.repeats > 1) throw UsageError("--repeats needs --model");
  require_within("--replicates", options.replicates, between(1, 100000));
  require_within("--kid-subset", options.subsets.kid, at_least(0));
  require_within("--fid-inf-smallest", options.subsets.fid_inf, at_least(0));
}

std::vector<std::string> inputs_of(const EvaluateOptions& options) {
  std::vector<std::string> inputs{options.images, options.reference, options.prompts};
  for (const auto& folder : model_folders(options.models)) inputs.push_back(folder);
  for (const auto& [network, file] : parse_weight_files("--weights", options.weights)) inputs.push_back(file);
  return inputs;
}

MeasureOptions measure_options(const EvaluateOptions& options) {
  MeasureOptions result{.metrics = find_metrics(options.metrics),
                        .reference = options.reference,
                        .split = options.split,
                        .cache = options.cache,
                        .batch = options.batch,
                        .size = options.size,
                        .score = {.replicates = options.replicates, .seed = options.compute.seed},
                        .subsets = options.subsets};
  result.weights = parse_weight_files("--weights", options.weights);
  return result;
}

}  // namespace mds
