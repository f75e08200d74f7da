// Trains a toy in segments, as trainings and sweeps do, and reads the rows that it left.
#include "experiments/training/segment.h"

#include "experiments/arch_record.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"
#include "tests/trainer/toy.h"

using namespace mds;

namespace {

const LoopConfig loop_config{.iterations = 10, .batch = 4, .checkpoint_every = 4};

// Stops when it was asked so often.
struct Stopping : Listener {
  int64_t asked = 0, last;
  explicit Stopping(int64_t of) : last(of) {}
  bool stops() override { return ++asked > last; }
};

struct ToyRun {
  ScratchFolder folder;
  Database database{folder.path + "/results.db"};
  LatentSet latents = toy::latents();
  CheckpointFile checkpoint{folder.path + "/checkpoint.safetensors"};
  Lease lease = taken();
  PhaseClock clock{};

  Lease taken() {
    const std::string arch = record_arch(database, {"toy", toy::unet()});
    add_sweep(database, trainings, "{}");
    const int64_t run =
        ensure_run(database, {.sweep = trainings, .arch = arch, .protocol = add_protocol(database, "{}"), .seed = 0});
    return take(database, run, {.owner = "test"});
  }

  // Trains from the checkpoint, if there is one, until the end or until the listener stops it.
  bool train(TrainingCurve& curve, Listener& listener) {
    BaseStage stage(toy::unet(), BaseConfig{}, loop_config, latents);
    Loop loop(stage, loop_config, {});
    loop.resume(checkpoint.file(), "toy");
    Recorder recorder({.database = database, .lease = lease, .checkpoint = checkpoint, .identity = "toy", .batch = 4},
                      curve);
    const bool ended = train_segment(
        loop, &recorder,
        {.end = 10, .checkpoint_every = loop_config.checkpoint_every, .listener = listener, .clock = clock});
    recorder.wait();
    return ended;
  }

  std::vector<std::pair<int64_t, double>> rows(const std::string& name) const {
    std::vector<std::pair<int64_t, double>> found;
    for (const auto& row : curve_of(database, lease.run, name)) found.emplace_back(row.iteration, row.value);
    return found;
  }
};

std::vector<std::pair<int64_t, double>> losses_without_a_stop() {
  ToyRun run;
  LastLoss curve;
  Listener never;
  REQUIRE(run.train(curve, never));
  return run.rows("loss");
}

}  // namespace

TEST_CASE("a segment tells where its time went: its iterations by part, and what it stored", "[experiments][torch]") {
  ToyRun run;
  LastLoss curve;
  Listener never;
  REQUIRE(run.train(curve, never));
  for (const char* phase : {"warm-up", "forward", "backward", "optimizer", "store"}) {
    INFO(phase);
    CHECK(run.clock.seconds(phase) > 0);
  }
  double sum = 0;
  for (const auto& phase : run.clock.phases()) sum += phase.seconds;
  CHECK(sum == Approx(run.clock.total_s()).epsilon(0.01));
}

TEST_CASE("a curve has a row at every checkpoint and at the end", "[experiments][torch]") {
  const auto rows = losses_without_a_stop();
  REQUIRE(rows.size() == 3);
  CHECK((rows[0].first == 4 && rows[1].first == 8 && rows[2].first == 10));
}

TEST_CASE("the last losses of a run that is stopped anywhere are those of a run that is not", "[experiments][torch]") {
  const int64_t stop = GENERATE(range(0, 20));
  ToyRun run;
  LastLoss first, second;
  Stopping once(stop);
  Listener never;
  if (!run.train(first, once)) REQUIRE(run.train(second, never));
  CHECK(run.rows("loss") == losses_without_a_stop());
}

TEST_CASE("means cover each iteration once, those before an interrupt too", "[experiments]") {
  Means curve(/*batch=*/8);
  const auto report = [](int64_t iteration, double loss, double seconds) {
    return StepReport{.iteration = iteration,
                      .loss = loss,
                      .gradient_norm = 2 * loss,
                      .adversary_loss = NAN,
                      .times = {.forward_s = seconds}};
  };
  curve.add(report(1, 3, /*seconds=*/100));
  curve.add(report(2, 5, 2));
  const auto points = curve.take(/*interrupted=*/true);
  REQUIRE(points.size() == 3);
  CHECK((points[0].name == "loss" && points[0].value == 4 && points[0].n == 2));
  CHECK((points[1].name == "gradient_norm" && points[1].value == 8));
  CHECK(
      (points[2].name == "images_per_s" && points[2].value == 4 && points[2].n == 1));  // without the first, a warm-up
  curve.add(report(3, 7, 4));
  CHECK(curve.take(false).front().value == 7);
  CHECK(curve.take(false).empty());
}

TEST_CASE("a curve has the most memory so far beside its means", "[experiments]") {
  Means curve(/*batch=*/8, [] { return int64_t{1} << 30; });
  curve.add({.iteration = 1, .loss = 3, .gradient_norm = 1, .adversary_loss = NAN, .times = {.forward_s = 2}});
  const auto points = curve.take(false);
  CHECK((points.back().name == "peak_bytes" && points.back().value == double(1 << 30)));
}

TEST_CASE("of scores of which one is not finite none is stored", "[experiments][torch]") {
  ToyRun run;
  LastLoss curve;
  Recorder recorder(
      {.database = run.database, .lease = run.lease, .checkpoint = run.checkpoint, .identity = "toy", .batch = 4},
      curve);
  CHECK_THROWS_WITH(
      recorder.store_scores({{.name = "kid", .value = 1}, {.name = "fid", .value = NAN}}, {.iteration = 4}),
      Catch::Contains("fid is not finite"));
  CHECK(run.rows("kid").empty());
}
