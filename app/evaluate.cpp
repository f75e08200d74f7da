// mdsearch evaluate: scores of any pictures, or of models that draw a list of captions; each score has its
// protocol.
#include <algorithm>
#include <iostream>
#include <optional>
#include <tuple>

#include "app/decoder_record.h"
#include "app/evaluate_autoencoder.h"
#include "app/evaluate_model.h"
#include "app/failure_words.h"
#include "app/interrupts.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/run.h"
#include "data/coco.h"
#include "data/prompt_file.h"
#include "networks/found_file.h"
#include "reports/table.h"
#include "search/store/clock.h"
#include "search/store/store.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

// The subject that was measured, and its scores.
struct EvaluatedPictures {
  std::string subject, name;  // hash and folder of a model or of pictures
  int64_t iteration = 0;      // of the model's training
  std::vector<LabelledScore> scores;
  std::optional<ModelRow> model{};
  std::optional<DecoderSpec> decoder{};  // of an autoencoder
};

// Prints the progress for one set of pictures after the other.
class Listener {
 public:
  MeasureListener listener() {
    return {
        .progress = [this](const std::string& what, int64_t done, int64_t total) { progress(what, done, total); },
        .rates = [this](const std::string& what, const ExtractRates& rates) { tell(what + ": " + to_string(rates)); },
        .skipped = [this](const std::string& what, const FolderReport& skipped) { skip(what, skipped); },
        .warned = [this](const std::string& text) { warn(text); }};
  }
  // Prints the number of skips and the first few, and keeps them all.
  void skip(const std::string& what, const FolderReport& report) {
    if (report.skips.empty()) return;
    constexpr size_t shown = 5;
    tell("warning: " + what + ": " + summary(report, shown) +
         (report.skips.size() > shown ? " (--format json lists all)" : ""));
    for (const auto& [file, reason] : report.skips)
      skipped_.push_back({{"of", what}, {"file", file}, {"reason", reason}});
  }
  void warn(const std::string& text) { tell("warning: " + text); }
  const Json& skipped() const { return skipped_; }

 private:
  void progress(const std::string& what, int64_t done, int64_t total) {
    if (what != what_) progress_.emplace(what, total);
    what_ = what;
    if (done > 0) progress_->show(done, "", std::max<int64_t>(1, total / 10));
  }
  void tell(const std::string& text) {
    progress_.reset();
    what_.clear();
    std::cerr << text << "\n";
  }

  std::string what_;
  std::optional<Progress> progress_;
  Json skipped_ = Json::array();
};

std::vector<std::string> all_captions(const std::string& file) {
  return file.ends_with(".json") ? coco_captions(file) : load_prompts(found_file(file));
}

// All captions of the file, or a choice that does not depend on other options; in the file's order.
std::vector<std::string> captions_of(const EvaluateOptions& options) {
  auto captions = all_captions(options.prompts);
  if (options.captions == 0) return captions;
  const auto count = int64_t(captions.size());
  if (options.captions > count)
    throw UsageError("--captions is " + std::to_string(options.captions) + "; " + options.prompts + " has " +
                     std::to_string(count));
  Random random(0);
  auto rows = random_subset(count, options.captions, random);
  std::sort(rows.begin(), rows.end());
  std::vector<std::string> chosen;
  for (const auto row : rows) chosen.push_back(std::move(captions[size_t(row)]));
  return chosen;
}

void record(Store& store, const EvaluateOptions& options, const EvaluatedPictures& evaluation) {
  const int64_t now = unix_seconds();
  store.transaction([&] {
    if (evaluation.model) store.add_model(*evaluation.model);
    if (evaluation.decoder) record_decoder(store, *evaluation.decoder, "evaluate");
    for (const auto& [score, protocol] : evaluation.scores)
      store.add_score({.subject = evaluation.subject,
                       .subject_name = evaluation.name,
                       .iteration = evaluation.iteration,
                       .name = score.name,
                       .protocol = store.add_protocol(canonical_json(protocol)),
                       .eval_seed = int64_t(options.compute.seed),
                       .value = score.value,
                       .low = score.low,
                       .high = score.high,
                       .n = score.n,
                       .measured_unix_s = now});
  });
}

struct Failure {
  std::string subject, score, reason;  // no score: nothing of the subject was scored
};

// The results so far. Scores are stored as soon as their pictures are scored, and stay if a later one fails.
struct Results {
  explicit Results(const EvaluateOptions& asked) : options(asked) {
    if (!asked.db.empty()) store.emplace(asked.db);
  }

  // Measures one subject. Failures are kept; the first error is too, to be thrown where nothing succeeds.
  void add(const std::string& name, const std::function<EvaluatedPictures()>& evaluate) {
    subject = name;
    try {
      const EvaluatedPictures evaluation = evaluate();
      if (store) record(*store, options, evaluation);
      evaluations.push_back(evaluation);
    } catch (const std::exception& error) {
      if (!first) first = std::current_exception();
      // Where every score failed on its own, all of them are in the list already.
      const bool named = std::any_of(failures.begin(), failures.end(),
                                     [&](const Failure& failure) { return failure.subject == name; });
      if (!named) failures.push_back({name, "", failure_in_words(error, "mdsearch evaluate")});
    }
  }
  void check_not_empty() const {
    if (evaluations.empty() && first) std::rethrow_exception(first);
  }
  MeasureListener listener() {
    MeasureListener told = progress.listener();
    told.failed = [this](const std::string& score, const std::string& reason) {
      failures.push_back({subject, score, reason});
    };
    return told;
  }

  const EvaluateOptions& options;
  Listener progress;
  std::optional<Store> store;
  std::vector<EvaluatedPictures> evaluations;
  std::vector<Failure> failures;
  std::string subject;  // the subject being measured
  std::exception_ptr first;
};

void of_pictures(const EvaluateOptions& options, Measurer& measurer, Results& results) {
  const bool listed = measurer.needs_captions() || !options.split.empty();
  const PictureSet pictures =
      listed ? list_captioned(options.images, options.split) : list_picture_files(options.images);
  results.progress.skip(options.images, pictures.skipped);
  measurer.prepare(pictures);
  results.add(options.images, [&] {
    return EvaluatedPictures{pictures_hash(pictures), options.images, 0, measurer.measure(pictures, {})};
  });
}

// Scores of the pictures of one seed, or the means over several seeds. A score that fails for one seed has no mean.
std::vector<LabelledScore> scores_of(EvaluatedModel model, const CaptionList& captions, const EvaluateOptions& options,
                                     Measurer& measurer) {
  const std::string folder = model.pictures;
  std::map<std::string, std::vector<LabelledScore>> of_metrics;
  for (int64_t i = 0; i < options.seeds; ++i) {
    const uint64_t seed = options.compute.seed + uint64_t(i);
    if (options.seeds > 1) model.pictures = folder + "/seed-" + std::to_string(seed);
    const PictureSet set = set_of(model, captions);
    draw_set(model, set, seed);
    for (const auto& score : measurer.measure(set, drawing_protocol(model, captions)))
      of_metrics[score.score.name].push_back(score);
  }
  std::vector<LabelledScore> result;
  for (const Metric* metric : find_metrics(options.metrics))
    if (const auto& of_seeds = of_metrics[metric->name]; int64_t(of_seeds.size()) == options.seeds)
      result.push_back(options.seeds > 1 ? over_seeds(of_seeds) : of_seeds.front());
  return result;
}

void of_models(const EvaluateOptions& options, Measurer& measurer, Results& results) {
  const CaptionList captions{captions_of(options), options.repeats};
  const auto models = models_of(options);
  std::vector<ImageSize> sizes;
  for (const auto& model : models) {
    const auto [height, width] = model.run.generator.size();
    sizes.push_back({.width = width, .height = height});
  }
  measurer.prepare(set_of(models.front(), captions), sizes);
  for (const auto& model : models) {
    const auto& [folder, hash, generator] = std::tie(model.run.folder, model.run.hash, model.run.generator);
    results.add(folder, [&, &folder = folder, &hash = hash, &generator = generator] {
      return EvaluatedPictures{hash, folder, generator.card().provenance.iterations,
                               scores_of(model, captions, options, measurer),
                               model_row(folder, hash, generator.card())};
    });
    if (interrupted()) break;
  }
}

void warn_of_single_pictures(const std::vector<EvaluatedPictures>& evaluations) {
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores)
      if (score.n == 1 && score.interval != IntervalKind::seeds)
        std::cerr << "warning: " << score.name << " was measured on 1 picture of " << evaluation.name
                  << "; its interval says nothing about others\n";
}

void of_autoencoders(EvaluateOptions options, Results& results) {
  const auto models = autoencoders_of(options);
  options.size = models.front().card.vae_encoder->size;
  check_weights(measure_options(options));
  const PictureSet input = autoencoder_input(options, options.size);
  options.reference = input.folder;
  options.split.clear();
  Measurer measurer(measure_options(options), results.listener());
  measurer.prepare(input);
  for (const auto& model : models)
    results.add(model.folder, [&] {
      EvaluatedPictures evaluation{model.hash, model.folder, model.card.provenance.iterations,
                                   measurer.measure(returned_pictures(model, input), {}),
                                   model_row(model.folder, model.hash, model.card)};
      if (const auto* decoder = std::get_if<DecoderSpec>(&*model.card.vae_decoder)) evaluation.decoder = *decoder;
      return evaluation;
    });
  results.check_not_empty();
  if (!options.save_reference.empty()) save_reference(options.save_reference, measurer.references());
  if (!options.sheet.empty()) save_sheet(options.sheet, input, models, options.sheet_rows);
}

void of_drawn_or_given(const EvaluateOptions& options, Results& results) {
  Measurer measurer(measure_options(options), results.listener());
  options.models.empty() ? of_pictures(options, measurer, results) : of_models(options, measurer, results);
  results.check_not_empty();
  if (!options.save_reference.empty()) save_reference(options.save_reference, measurer.references());
}

Json metrics_json(const Results& results) {
  Json metrics = Json::array(), failed = Json::array();
  for (const auto& [subject, score, reason] : results.failures)
    failed.push_back({{"subject", subject}, {"name", score}, {"reason", reason}});
  for (const auto& evaluation : results.evaluations)
    for (const auto& [score, protocol] : evaluation.scores) {
      Json line = to_json(score);
      line["subject"] = evaluation.name;
      line["subject_hash"] = evaluation.subject;
      line["iteration"] = evaluation.iteration;
      line["convention"] = find_metric(score.name)->convention;
      line["protocol"] = to_json(protocol);
      line["protocol_hash"] = hash_of(protocol);
      metrics.push_back(std::move(line));
    }
  Json json{{"metrics", std::move(metrics)}, {"skipped", results.progress.skipped()}};
  if (!failed.empty()) json["failed"] = std::move(failed);
  return json;
}

Table score_table(const std::vector<EvaluatedPictures>& evaluations) {
  Table table{.title = "Scores",
              .columns = {{.name = "subject", .header = "pictures or model"},
                          {.name = "iteration"},
                          {.name = "name", .header = "score"},
                          {.name = "value"},
                          {.name = "low"},
                          {.name = "high"},
                          {.name = "n"},
                          {.name = "protocol"}},
              .rows = {},
              .footnotes = {}};
  std::set<std::string> named;
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores)
      if (named.insert(score.name).second)
        table.footnotes.push_back(score.name + ": " + find_metric(score.name)->convention);
  table.footnotes.emplace_back(
      "low and high: 95% confidence. Only scores of one name and one protocol can be compared:");
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores) {
      const std::string label = hash_of(protocol).substr(0, 8);
      table.rows.push_back(
          {evaluation.name, evaluation.iteration, score.name, score.value, score.low, score.high, score.n, label});
      if (named.insert(label).second) table.footnotes.push_back(label + ": " + canonical_json(protocol));
    }
  return table;
}

// Every model checks --out on its own.
void refuse_inputs_as_outputs(const EvaluateOptions& options) {
  const auto inputs = inputs_of(options);
  refuse_input_as_output("--sheet", options.sheet, inputs);
  refuse_input_as_output("--save-reference", options.save_reference, inputs);
  refuse_input_as_output("--db", options.db, inputs);
}

}  // namespace

int run_evaluate(int argc, char** argv) {
  EvaluateOptions options;
  po::variables_map given;
  if (!parse(evaluate_command_line(options), argc, argv, given)) return 0;
  const Format format = parse_format(options.format);
  check(options);
  apply(options.compute);
  if (given["metrics"].defaulted()) std::cerr << "no --metrics: " << options.metrics << "\n";
  refuse_inputs_as_outputs(options);
  Results results(options);
  options.reconstructs() ? of_autoencoders(options, results) : of_drawn_or_given(options, results);
  warn_of_single_pictures(results.evaluations);
  if (format == Format::json)
    std::cout << metrics_json(results).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  else
    std::cout << to_text(score_table(results.evaluations), format);
  for (const auto& [subject, score, reason] : results.failures)
    std::cerr << "mdsearch evaluate: " << (score.empty() ? "" : score + " of ") << subject << " failed: " << reason
              << "\n";
  return results.failures.empty() ? 0 : 1;
}

}  // namespace mds
