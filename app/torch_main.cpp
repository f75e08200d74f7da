// mdsearch-torch: the program that mdsearch becomes for commands that need LibTorch; it has all commands.
#include "app/program.h"
#include "experiments/failure_words.h"
#include "experiments/version.h"

int main(int argc, char** argv) {
  return mds::run_program({mds::commands(), mds::version_text, mds::failure_in_words}, argc, argv);
}
