// mdsearch evaluate: scores of any pictures, or of models that draw a list of captions; each score has its protocol.
#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"
#include "experiments/evaluation/evaluation_text.h"
#include "experiments/evaluation/request.h"
#include "pipeline/sampler_config.h"

namespace mds {
namespace {

struct EvaluateOptions {
  EvaluationRequest request;
  Format format = Format::table;
  SizeOptions drawn;  // of drawn pictures
  ComputeOptions compute;
};

void add_drawing_options(po::options_description& group, EvaluateOptions& options) {
  auto add = group.add_options();
  add("model", po::value(&options.request.models)->multitoken()->value_name("DIR"),
      "Model folders to draw with, or one folder of them; several give learning curves. Without --prompts they are "
      "autoencoders, which return the pictures of --reference");
  add("prompts", po::value(&options.request.prompts)->value_name("FILE"),
      "Captions to draw: one a line, .jsonl with \"prompt\", \"text\" or \"caption\", or COCO's captions_*.json");
  add("sheet", po::value(&options.request.sheet)->value_name("FILE"),
      "For autoencoders: writes a sheet of pictures (.png, .jpg, .jpeg or .webp), with a column of the input and one "
      "of each model");
  add("sheet-rows", number(&options.request.sheet_rows, between(1, 100)), "Rows of --sheet, which are spread evenly");
  add("captions", number(&options.request.captions, between(1, 1e9), "all"),
      "Draws only so many captions, a fixed random choice, such as 30k of COCO's");
  add("out", po::value(&options.request.out)->value_name("DIR"),
      "Folder of the drawn pictures; those that are there already are kept");
  add("overwrite", po::bool_switch(&options.request.overwrite), "Draws pictures again that were made in another way");
  add("seeds", number(&options.request.seeds, between(1, 1000)),
      "How many sets each model draws, from --seed on; scores are then their mean, with an interval over them");
  add("repeats", number(&options.request.repeats, between(1, 10000)),
      "Pictures of each caption, all in one set; intervals then resample captions");
}

CommandLine command_line(EvaluateOptions& options) {
  CommandLine line{.usage =
                       "mdsearch evaluate --images DIR --reference DIR [--metrics LIST]\n"
                       "       mdsearch evaluate --model DIR... --prompts FILE --out DIR --metrics LIST\n"
                       "       mdsearch evaluate --model AUTOENCODER... --reference DIR --out DIR --metrics LIST",
                   .example =
                       "mdsearch evaluate --model weights/emoji-md --prompts prompts.txt --out out/drawn "
                       "--metrics clip_emoji",
                   .positional = {},
                   .notes = metrics_text()};
  auto add = line.options.add_options();
  add("metrics", po::value(&options.request.metrics)->default_value("", default_metrics)->value_name("LIST"),
      "Names of scores with commas between them; those of the default need no other weights than scripts/setup.sh puts "
      "in place");
  add("images", po::value(&options.request.images)->value_name("DIR"),
      "Pictures to score. Captions: a file x.txt beside each picture x.png, or a metadata.jsonl with lines "
      "{\"file_name\": \"x.png\", \"text\": \"red heart\"}, or the prompts that generate and evaluate write into their "
      "pictures");
  add("reference", po::value(&options.request.reference)->value_name("DIR"),
      "Pictures to compare with, or a file of --save-reference, or an .npz with mu and sigma as pytorch-fid writes it");
  add("save-reference", po::value(&options.request.save_reference)->value_name("FILE"),
      "Writes the reference statistics that were used");
  add("split", po::value(&options.request.split)->value_name("NAME"),
      "Part of --images and of a --reference that are data sets: train or held_out (default: all pictures)");
  add("weights", po::value(&options.request.weights)->composing()->value_name("NETWORK=FILE"),
      "Weights of a feature network; may repeat");
  add_drawing_options(line.options, options);
  add("size",
      number(&options.request.size, between(1, double(max_image_side)), "pictures as they are")->value_name("PX"),
      "Compares the largest centre squares at this side, such as 256");
  add("batch", number(&options.request.batch, between(1, 4096)),
      "Pictures that are embedded together, or drawn (64 at most)");
  add("replicates", number(&options.request.replicates, between(1, 100000)), "Replicates of the bootstrap");
  add("kid-subset",
      number(&options.request.subsets.kid, at_least(1), "1000, or all of the smaller set where that has fewer"),
      "Pictures in each of KID's 100 subsets");
  add("fid-inf-smallest",
      number(&options.request.subsets.fid_inf, at_least(1), "5000, or half of the pictures where there are no more"),
      "Pictures in the smallest subset of fid_inf");
  add("dtype", choice(&options.compute.dtype), "Type of a model's UNet and decoder");
  add("cache", po::value(&options.request.cache)->default_value("out/cache")->value_name("DIR"),
      "Folder that keeps reference statistics, by the content of the pictures");
  add("db", po::value(&options.request.db)->value_name("FILE"), "Records the scores in this database");
  add("format", choice(&options.format), "How the result is printed");
  add_described_options<SamplerConfig>(line.options, options.request.sampler);
  add_extent_options(line.options, options.drawn);  // --size is the size for comparing
  add_compute_options(line.options, options.compute);
  add_kernels_option(line.options, options.compute);
  return line;
}

}  // namespace

int run_evaluate(int argc, char** argv) {
  EvaluateOptions options;
  po::variables_map given;
  if (!parse(command_line(options), argc, argv, given)) return 0;
  EvaluationRequest& request = options.request;
  request.seed = options.compute.seed;
  request.drawn = options.drawn.picture();
  request.placement = apply(options.compute);
  TerminalListener listener;
  const EvaluationResult result = evaluate(request, listener);
  std::cout << evaluation_text(result, options.format);
  for (const auto& [subject, score, reason] : result.failures)
    listener.say("mdsearch evaluate: " + (score.empty() ? "" : score + " of ") + subject + " failed: " + reason);
  return result.failures.empty() ? 0 : 1;
}

}  // namespace mds
