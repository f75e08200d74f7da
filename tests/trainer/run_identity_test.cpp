// What an error says about the checkpoint of another run.
#include "trainer/run_identity.h"

#include "spec/describe.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

Json identity() {
  return {{"config",
           {{"name", "toy"},
            {"stage", {{"kind", "base"}, {"prediction", "v"}, {"widths", {8, 16}}}},
            {"loop", {{"batch", 4}, {"seed", 1}}}}},
          {"data", std::string(64, 'a')}};
}

}  // namespace

TEST_CASE("equal identities do not differ", "[trainer]") {
  CHECK(identity_difference(identity().dump(), identity().dump()).empty());
}

TEST_CASE("each value that differs is named by its dotted key, with both values", "[trainer]") {
  Json own = identity();
  own["config"]["loop"]["batch"] = 8;
  own["config"]["stage"]["widths"] = {8, 32};
  own["config"]["stage"]["sampler"] = "ddim";
  CHECK(identity_difference(identity().dump(), own.dump()) ==
        "loop.batch is 4 there and 8 here, stage.sampler is not set there and \"ddim\" here, "
        "stage.widths is [8,16] there and [8,32] here");
}

TEST_CASE("for a stage of another kind only the kind is named", "[trainer]") {
  Json own = identity();
  own["config"]["stage"] = {{"kind", "relu"}, {"swap", "blend"}};
  CHECK(identity_difference(identity().dump(), own.dump()) == "stage.kind is \"base\" there and \"relu\" here");
}

TEST_CASE("data that changed are named as such, with both hashes", "[trainer]") {
  Json own = identity();
  own["data"] = std::string(64, 'b');
  CHECK(identity_difference(identity().dump(), own.dump()) == "the data set changed under the run, its hash is \"" +
                                                                  std::string(64, 'a') + "\" there and \"" +
                                                                  std::string(64, 'b') + "\" here");
}

TEST_CASE("a predecessor that changed is named by its field; a checkpoint that names none is taken", "[trainer]") {
  Json its = identity(), own = identity();
  own["predecessors"] = {{"teacher", "b"}, {"start", "c"}};
  CHECK(identity_difference(its.dump(), own.dump()).empty());
  its["predecessors"] = {{"teacher", "a"}, {"start", "c"}};
  CHECK(identity_difference(its.dump(), own.dump()) ==
        "the model stage.teacher changed under the run, its hash is \"a\" there and \"b\" here");
}

TEST_CASE("a long list of differences is cut, and text that is no JSON is said to be something else", "[trainer]") {
  Json its = identity(), own = identity();
  for (const char letter : std::string("abcdefghij")) {
    its["config"]["loop"][std::string(1, letter)] = 1;
    own["config"]["loop"][std::string(1, letter)] = 2;
  }
  CHECK_THAT(identity_difference(its.dump(), own.dump()), Contains("loop.f is 1") && Contains(", 4 more"));
  CHECK(identity_difference("x", own.dump()) == "it follows from something else");
}
