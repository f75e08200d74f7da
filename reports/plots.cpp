// gnuplot scripts over inline data. One look for all: no frame, thin grey axes, faint horizontal rules, colour only for
// what is to be compared.
#include "reports/plots.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>

#include "reports/gnuplot.h"

namespace mds {
namespace {

constexpr std::array palette{"#1f6f9f", "#d1731f", "#2f8f5b", "#a23b72", "#6a55b0", "#b8950a", "#7a5a48", "#c5433d"};
constexpr const char* grey = "#c9c9c9";

std::string colour(size_t index) { return index < palette.size() ? palette[index] : grey; }

std::string opening(int width, int height) {
  std::ostringstream out;
  out << "set terminal svg size " << width << "," << height << " dynamic noenhanced font 'system-ui,12'\n"
      << "set encoding utf8\nset datafile missing 'nan'\nset pointintervalbox 0\n"
      << "set border 3 linewidth 0.6 linecolor rgb '#9a9a9a'\n"
      << "set tics nomirror out scale 0.5 textcolor rgb '#555555'\n"
      << "set grid ytics linetype 1 linewidth 0.5 linecolor rgb '#ececec'\n"
      << "set key outside right top vertical Left reverse samplen 1.4 spacing 1.25 textcolor rgb '#333333' "
         "noenhanced\n";
  return out.str();
}

std::string axis(const std::string& which, const std::string& text) {
  return "set " + which + "label " + quoted_label(text) + " textcolor rgb '#555555' noenhanced\n";
}

std::string number(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return "nan";
  std::ostringstream out;
  out.precision(9);
  out << *value;
  return out.str();
}

std::string block_name(size_t index) { return "$d" + std::to_string(index); }

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "plot " : ", \\\n     ") + part;
  return out + "\n";
}

}  // namespace

std::string learning_curves_svg(const std::string& metric, const std::vector<CurveLine>& lines) {
  std::string script = opening(960, 330) + axis("x", "iterations") + axis("y", metric) + "set format x '%.0f'\n";
  std::vector<std::string> parts, behind;
  size_t coloured = 0;
  bool grey_named = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    script += block_name(i) + " << EOD\n";
    for (const auto& point : lines[i].points)
      script += std::to_string(point.iteration) + " " + number(point.value) + " " + number(point.low) + " " +
                number(point.high) + "\n";
    script += "EOD\n";
    const std::string points =
        lines[i].points.size() > 60 ? " with lines" : " with linespoints pointtype 7 pointsize 0.35";
    if (lines[i].running_on && coloured < palette.size()) {
      parts.push_back(block_name(i) + " using 1:2" + points + " linewidth 1.6 linecolor rgb '" + colour(coloured++) +
                      "' title " + quoted_label(lines[i].label));
    } else {
      behind.push_back(block_name(i) + " using 1:2" + points + " linewidth 1 linecolor rgb '" + grey + "' " +
                       (grey_named ? "notitle" : "title 'others'"));
      grey_named = true;
    }
  }
  behind.insert(behind.end(), parts.begin(), parts.end());
  return gnuplot_svg(script + joined(behind));
}

std::string cost_svg(const std::vector<CostGroup>& groups) {
  std::string script = opening(960, 360) + axis("x", "GMACs of the full-scale network, valid taps") +
                       axis("y", groups.front().metric) +
                       "set offsets graph 0.08, graph 0.12, graph 0.08, graph 0.05\n";
  std::vector<std::string> parts;
  for (size_t g = 0; g < groups.size(); ++g) {
    std::string points, front;
    for (const auto& point : groups[g].points) {
      const double gmacs = double(point.candidate.macs_valid) * 1e-9;
      points += number(gmacs) + " " + number(point.score.value) + " " +
                number(point.score.low.value_or(point.score.value)) + " " +
                number(point.score.high.value_or(point.score.value)) + "\n";
      if (point.front) front += number(gmacs) + " " + number(point.score.value) + "\n";
      if (point.front && g == 0)
        script += "set label " + quoted_label(label(point.candidate)) + " at " + number(gmacs) + "," +
                  number(point.score.value) + " offset 0.8,0.6 font ',10' textcolor rgb '#333333' noenhanced\n";
    }
    script +=
        block_name(2 * g) + " << EOD\n" + points + "EOD\n" + block_name(2 * g + 1) + " << EOD\n" + front + "EOD\n";
    const std::string look = " linecolor rgb '" + (g == 0 ? colour(0) : std::string(grey)) + "'";
    parts.push_back(block_name(2 * g) + " using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.55 linewidth 0.9" +
                    look + " title " + quoted_label("after " + thousands(groups[g].iteration) + " iterations"));
    if (g == 0)
      parts.push_back(block_name(1) + " using 1:2 with lines linewidth 1 dashtype 3" + look + " title 'front'");
  }
  std::reverse(parts.begin(), parts.end());
  return gnuplot_svg(script + joined(parts));
}

std::string latency_svg(const NetworkProfile& profile) {
  std::set<std::string> kinds;
  for (const auto& block : profile.blocks) kinds.insert(block.kind);
  std::string script = opening(960, 330) + axis("y", "median ms") +
                       "set style fill solid 0.9 noborder\nset boxwidth 0.72\nset yrange [0:*]\nset grid noxtics\n"
                       "set xtics rotate by 90 right scale 0 font ',9' noenhanced\n";
  script += "set xrange [-1:" + std::to_string(profile.blocks.size()) + "]\nset xtics (";
  for (size_t i = 0; i < profile.blocks.size(); ++i)
    script += (i ? ", " : "") + quoted_label(profile.blocks[i].path) + " " + std::to_string(i);
  script += ")\n";
  std::vector<std::string> parts;
  for (const auto& kind : kinds) {
    const size_t index = parts.size();
    script += block_name(index) + " << EOD\n";
    for (size_t i = 0; i < profile.blocks.size(); ++i)
      if (const auto& timing = profile.blocks[i].timing;
          profile.blocks[i].kind == kind && timing && !timing->rejected())
        script += std::to_string(i) + " " + number(timing->median_ns * 1e-6) + "\n";
    script += "nan nan\nEOD\n";
    parts.push_back(block_name(index) + " using 1:2 with boxes linecolor rgb '" + colour(index) + "' title " +
                    quoted_label(kind));
  }
  return gnuplot_svg(script + joined(parts));
}

std::string guidance_svg(const std::vector<std::vector<Drawing>>& curves) {
  std::string script = opening(960, 330) + axis("x", "guidance") +
                       axis("y", curves.front().front().distance.name + ", lower is better") +
                       axis("y2", "text-image score, dashed") +
                       "set border 11\nset ytics nomirror\nset y2tics textcolor rgb '#555555'\n";
  std::vector<std::string> parts;
  for (size_t i = 0; i < curves.size(); ++i) {
    script += block_name(i) + " << EOD\n";
    bool scored = false;
    for (const auto& drawing : curves[i]) {
      const ScoreRow& fd = drawing.distance;
      const auto clip = drawing.clip ? std::optional(drawing.clip->value) : std::nullopt;
      scored = scored || clip;
      script += number(drawing.guidance) + " " + number(fd.value) + " " + number(fd.low) + " " + number(fd.high) + " " +
                number(clip) + "\n";
    }
    script += "EOD\n";
    const Drawing& first = curves[i].front();
    const std::string look = " linecolor rgb '" + colour(i) + "'", name = block_name(i);
    parts.push_back(name + " using 1:2:3:4 with yerrorlines pointtype 7 pointsize 0.45 linewidth 1.4" + look +
                    " title " + quoted_label(first.model.name + ", " + std::to_string(first.steps) + " steps"));
    if (scored)
      parts.push_back(name + " using 1:5 axes x1y2 with linespoints pointtype 6 pointsize 0.45 dashtype 2" + look +
                      " notitle");
  }
  return gnuplot_svg(script + joined(parts));
}

}  // namespace mds
