// mdsearch evaluate: scores of any pictures, or of models that draw a list of captions; each score has its protocol.
#include <iostream>

#include "app/evaluate_options.h"
#include "app/flag_words.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/evaluation/evaluation_text.h"
#include "reports/table.h"

namespace mds {
int run_evaluate(int argc, char** argv) {
  EvaluateOptions options;
  po::variables_map given;
  if (!parse(evaluate_command_line(options), argc, argv, given)) return 0;
  const Format format = parse_format(options.format);
  EvaluationRequest& request = options.request;
  request.seed = options.compute.seed;
  request.drawn = options.drawn.picture();
  const auto dtype = parse_choice<Precision>("--dtype", options.precision);
  request.placement = apply(options.compute);
  request.placement.dtype = dtype;
  TerminalListener listener;
  const EvaluationResult result = evaluate(request, listener);
  std::cout << evaluation_text(result, format);
  for (const auto& [subject, score, reason] : result.failures)
    std::cerr << "mdsearch evaluate: " << (score.empty() ? "" : score + " of ") << subject
              << " failed: " << with_flags(reason) << "\n";
  return result.failures.empty() ? 0 : 1;
}

}  // namespace mds
