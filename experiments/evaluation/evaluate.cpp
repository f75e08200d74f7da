#include "experiments/evaluation/evaluate.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "data/coco.h"
#include "data/image_folder.h"
#include "data/prompt_file.h"
#include "experiments/evaluation/evaluate_autoencoder.h"
#include "experiments/evaluation/evaluate_model.h"
#include "experiments/failure_words.h"
#include "experiments/output.h"
#include "experiments/training/decoder_record.h"
#include "networks/found_file.h"
#include "search/store/clock.h"
#include "search/store/store.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

// Tells the progress for one set of pictures after the other.
class MeasureNotes {
 public:
  MeasureNotes(Listener& listener, Json& skipped) : listener_(listener), skipped_(skipped) {}

  MeasureListener measuring() {
    return {
        .progress = [this](const std::string& what, int64_t done, int64_t total) { progress(what, done, total); },
        .rates = [this](const std::string& what, const ExtractRates& rates) { say(what + ": " + to_string(rates)); },
        .skipped = [this](const std::string& what, const FolderReport& report) { skip(what, report); },
        .warned = [this](const std::string& text) { say("warning: " + text); }};
  }
  // Tells the number of skips and the first few, and keeps them all.
  void skip(const std::string& what, const FolderReport& report) {
    if (report.skips.empty()) return;
    constexpr size_t shown = 5;
    say("warning: " + what + ": " + summary(report, shown) +
        (report.skips.size() > shown ? " (the result in JSON lists all)" : ""));
    for (const auto& [file, reason] : report.skips)
      skipped_.push_back({{"of", what}, {"file", file}, {"reason", reason}});
  }

 private:
  void progress(const std::string& what, int64_t done, int64_t total) {
    if (what != what_) progress_ = listener_.progress(what, total);
    what_ = what;
    if (done > 0) progress_->show(done, "", std::max<int64_t>(1, total / 10));
  }
  void say(const std::string& text) {
    progress_.reset();
    what_.clear();
    listener_.say(text);
  }

  Listener& listener_;
  Json& skipped_;
  std::string what_;
  std::unique_ptr<Progress> progress_;
};

std::vector<std::string> all_captions(const std::string& file) {
  return file.ends_with(".json") ? coco_captions(file) : load_prompts(found_file(file));
}

// All captions of the file, or a choice that does not depend on other options; in the file's order.
std::vector<std::string> captions_of(const EvaluationRequest& request) {
  auto captions = all_captions(request.prompts);
  if (request.captions == 0) return captions;
  const auto count = int64_t(captions.size());
  if (request.captions > count)
    throw RequestError("`captions` is " + std::to_string(request.captions) + "; " + request.prompts + " has " +
                       std::to_string(count));
  Random random(0);
  auto rows = random_subset(count, request.captions, random);
  std::sort(rows.begin(), rows.end());
  std::vector<std::string> chosen;
  for (const auto row : rows) chosen.push_back(std::move(captions[size_t(row)]));
  return chosen;
}

void record(Database& database, const EvaluationRequest& request, const EvaluatedPictures& evaluation) {
  const int64_t now = unix_seconds();
  database.transaction([&] {
    if (evaluation.model) add_model(database, *evaluation.model);
    if (evaluation.training) add_model_training(database, *evaluation.training);
    if (evaluation.decoder) record_decoder(database, *evaluation.decoder, "evaluate");
    for (const auto& [score, protocol] : evaluation.scores) {
      const ScoreRow row{.subject = evaluation.subject,
                         .subject_name = evaluation.name,
                         .iteration = evaluation.iteration,
                         .name = score.name,
                         .protocol = add_protocol(database, canonical_json(protocol)),
                         .eval_seed = int64_t(request.seed),
                         .value = score.value,
                         .low = score.low,
                         .high = score.high,
                         .n = score.n,
                         .measured_unix_s = now};
      add_score(database, row);
      if (!score.replicates.empty())
        add_replicates(database, {.subject = row.subject,
                                  .name = row.name,
                                  .protocol = row.protocol,
                                  .eval_seed = row.eval_seed,
                                  .values = {score.replicates.begin(), score.replicates.end()}});
    }
  });
}

// The results so far.
class Results {
 public:
  Results(const EvaluationRequest& request, Listener& listener)
      : request_(request), listener_(listener), notes_(listener, result_.skipped) {
    if (!request.db.empty()) database_.emplace(request.db);
  }

  // Measures one subject. Failures are kept; the first error is too, to be thrown where nothing succeeds.
  void add(const std::string& name, const std::function<EvaluatedPictures()>& evaluate) {
    subject_ = name;
    try {
      const EvaluatedPictures evaluation = evaluate();
      if (database_) record(*database_, request_, evaluation);
      result_.evaluations.push_back(evaluation);
    } catch (const std::exception& error) {
      if (!first_) first_ = std::current_exception();
      // Where every score failed on its own, all of them are in the list already.
      const bool named = std::any_of(result_.failures.begin(), result_.failures.end(),
                                     [&](const EvaluationFailure& failure) { return failure.subject == name; });
      if (!named) result_.failures.push_back({name, "", failure_in_words(error, "mdsearch evaluate")});
    }
  }
  // Finds what is wrong before pictures are drawn and measured; then tells the scores where the request names none.
  void prepare(Measurer& measurer, const PictureSet& pictures, const std::vector<ImageSize>& drawn = {}) {
    measurer.prepare(pictures, drawn);
    if (request_.metrics.empty()) listener_.say(std::string("no `metrics`: ") + default_metrics);
  }
  void check_not_empty() const {
    if (result_.evaluations.empty() && first_) std::rethrow_exception(first_);
  }
  MeasureListener measuring() {
    MeasureListener measuring = notes_.measuring();
    measuring.failed = [this](const std::string& score, const std::string& reason) {
      result_.failures.push_back({subject_, score, reason});
    };
    return measuring;
  }
  MeasureNotes& notes() { return notes_; }
  Listener& listener() { return listener_; }
  EvaluationResult take() { return std::move(result_); }

 private:
  const EvaluationRequest& request_;
  Listener& listener_;
  EvaluationResult result_;
  MeasureNotes notes_;
  std::optional<Database> database_;
  std::string subject_;  // the subject being measured
  std::exception_ptr first_;
};

// That of the pictures to score: a folder that is no data set, such as one of drawn pictures, has no parts.
std::string split_of_pictures(const EvaluationRequest& request) {
  return is_data_set(request.images) ? request.split : "";
}

void of_pictures(const EvaluationRequest& request, Measurer& measurer, Results& results) {
  const std::string split = split_of_pictures(request);
  const bool listed = measurer.needs_captions() || !split.empty();
  const PictureSet pictures = listed ? list_captioned(request.images, split) : list_picture_files(request.images);
  results.notes().skip(request.images, pictures.skipped);
  results.prepare(measurer, pictures);
  results.add(request.images, [&] {
    return EvaluatedPictures{pictures_hash(pictures), request.images, 0, measurer.measure(pictures, {})};
  });
}

struct MeasuredBy {
  Measurer& measurer;
  Listener& listener;
};

// Scores of the pictures of one seed, or the means over several seeds. A score that fails for one seed has no mean.
std::vector<LabelledScore> scores_of(EvaluatedModel model, const CaptionList& captions,
                                     const EvaluationRequest& request, const MeasuredBy& by) {
  const auto& [measurer, listener] = by;
  const std::string folder = model.pictures;
  std::map<std::string, std::vector<LabelledScore>> of_metrics;
  for (int64_t i = 0; i < request.seeds; ++i) {
    const uint64_t seed = request.seed + uint64_t(i);
    if (request.seeds > 1) model.pictures = folder + "/seed-" + std::to_string(seed);
    const PictureSet set = set_of(model, captions);
    draw_set(model, set, seed, listener);
    for (const auto& score : measurer.measure(set, drawing_protocol(model, captions)))
      of_metrics[score.score.name].push_back(score);
  }
  std::vector<LabelledScore> result;
  for (const Metric* metric : metrics_of(request))
    if (const auto& of_seeds = of_metrics[metric->name]; int64_t(of_seeds.size()) == request.seeds)
      result.push_back(request.seeds > 1 ? over_seeds(of_seeds) : of_seeds.front());
  return result;
}

void of_models(const EvaluationRequest& request, Measurer& measurer, Results& results) {
  const CaptionList captions{captions_of(request), request.repeats};
  const auto models = models_of(request);
  std::vector<ImageSize> sizes;
  for (const auto& model : models) {
    const auto [height, width] = model.run.generator.size();
    sizes.push_back({.width = width, .height = height});
  }
  results.prepare(measurer, set_of(models.front(), captions), sizes);
  for (const auto& model : models) {
    const auto& [folder, hash, generator] = std::tie(model.run.folder, model.run.hash, model.run.generator);
    results.add(folder, [&, &folder = folder, &hash = hash, &generator = generator] {
      return EvaluatedPictures{hash,
                               folder,
                               generator.card().provenance.iterations,
                               scores_of(model, captions, request, {measurer, results.listener()}),
                               model_row(folder, hash, generator.card()),
                               training_row(hash, generator.card())};
    });
    if (results.listener().stops()) break;
  }
}

void of_autoencoders(EvaluationRequest request, Results& results) {
  const auto models = autoencoders_of(request);
  request.size = models.front().card.vae_encoder->size;
  check_weights(measure_options(request));
  const PictureSet input = autoencoder_input(request, request.size);
  request.reference = input.folder;
  request.split.clear();
  Measurer measurer(measure_options(request), results.measuring());
  results.prepare(measurer, input);
  for (const auto& model : models)
    results.add(model.folder, [&] {
      EvaluatedPictures evaluation{model.hash,
                                   model.folder,
                                   model.card.provenance.iterations,
                                   measurer.measure(returned_pictures(model, input, request.placement), {}),
                                   model_row(model.folder, model.hash, model.card),
                                   training_row(model.hash, model.card)};
      if (const auto* decoder = std::get_if<DecoderSpec>(&*model.card.vae_decoder)) evaluation.decoder = *decoder;
      return evaluation;
    });
  results.check_not_empty();
  if (!request.save_reference.empty()) save_reference(request.save_reference, measurer.references());
  if (!request.sheet.empty()) save_sheet(request.sheet, input, models, request.sheet_rows);
}

void of_drawn_or_given(const EvaluationRequest& request, Results& results) {
  Measurer measurer(measure_options(request), results.measuring());
  request.models.empty() ? of_pictures(request, measurer, results) : of_models(request, measurer, results);
  results.check_not_empty();
  if (!request.save_reference.empty()) save_reference(request.save_reference, measurer.references());
}

// Every model checks its own folder of pictures.
void refuse_inputs_as_outputs(const EvaluationRequest& request) {
  const auto inputs = inputs_of(request);
  refuse_input_as_output("`sheet`", request.sheet, inputs);
  refuse_input_as_output("`save_reference`", request.save_reference, inputs);
  refuse_input_as_output("`db`", request.db, inputs);
}

void warn_of_single_pictures(const std::vector<EvaluatedPictures>& evaluations, Listener& listener) {
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores)
      if (score.n == 1 && score.interval != IntervalKind::seeds)
        listener.warn(score.name + " was measured on 1 picture of " + evaluation.name +
                      "; its interval says nothing about others");
}

}  // namespace

EvaluationResult evaluate(const EvaluationRequest& request, Listener& listener) {
  check(request);
  refuse_inputs_as_outputs(request);
  Results results(request, listener);
  request.reconstructs() ? of_autoencoders(request, results) : of_drawn_or_given(request, results);
  EvaluationResult result = results.take();
  warn_of_single_pictures(result.evaluations, listener);
  return result;
}

}  // namespace mds
