// One function per subcommand, each in the file of its name.
#pragma once

namespace mds {

int run_generate(int argc, char** argv);
int run_train(int argc, char** argv);

}  // namespace mds
