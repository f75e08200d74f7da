// Plots by the installed gnuplot: a script goes in, an SVG comes out. No file is written.
#pragma once

#include <string>

namespace mds {

// FileError when gnuplot is missing (with its package) or refuses the script (with its message).
std::string gnuplot_svg(const std::string& script);

// Text as a single-quoted gnuplot string; what gnuplot would act on is left out, so that names from a database stay
// text.
std::string quoted_label(const std::string& text);

}  // namespace mds
