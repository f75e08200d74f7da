// One function per subcommand, each in the file of its name.
#pragma once

namespace mds {

int run_train(int argc, char** argv);

}  // namespace mds
