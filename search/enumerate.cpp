#include "search/enumerate.h"

#include <deque>
#include <future>
#include <sstream>

#include "search/enumeration_builder.h"
#include "spec/listed.h"
#include "spec/processors.h"

namespace mds {
namespace {

constexpr size_t parts_wanted = 256;
constexpr int64_t most_visited = 50'000'000;

// Whether even all combinations of options are few enough to be visited.
bool has_few_points(const Space& space) {
  auto most = int64_t(space.bases().size());
  for (const auto& choice : space.choices())
    if (most *= int64_t(choice.options()); most > most_visited) return false;
  return true;
}

// Other threads screen parts ahead of the one that is joined here, but not so many that memory would run out.
Enumeration enumerate_visited(const Space& space, const Caps& caps, EnumerationBuilder& builder,
                              const Screening& screening) {
  const auto parts = space.beginnings(parts_wanted);
  const auto threads = size_t(screening.threads);
  std::deque<std::future<Screened>> ahead;
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  for (size_t started = 0, done = 0; done < parts.size(); ++done) {
    for (; started < parts.size() && ahead.size() < threads; ++started)
      ahead.push_back(
          std::async(policy, [&space, &caps, &part = parts[started]] { return screen(space, caps, part); }));
    const Screened part = ahead.front().get();
    ahead.pop_front();
    builder.add(part);
    if (screening.progress) screening.progress(builder.total(), double(done + 1) / double(parts.size()));
  }
  return builder.finish();
}

}  // namespace

Enumeration enumerate(const Space& space, const Caps& caps, const Pick& pick, const Screening& screening) {
  Screening known = screening;
  if (known.threads < 1) known.threads = usable_processors();
  EnumerationBuilder builder(space, caps, pick);
  const auto factored = has_few_points(space) ? std::nullopt : FactoredSpace::of(space);
  if (!factored || factored->size() <= most_visited) return enumerate_visited(space, caps, builder, known);
  builder.add(*factored, caps, screen(*factored, caps, known.threads));
  return builder.finish();
}

std::string left_out_in_words(const Enumeration& found) {
  if (found.left_out == 0) return "";
  const size_t listed = found.chosen.size();
  return std::to_string(listed) + " networks listed and " + std::to_string(found.left_out) +
         " admitted ones left out; selection " + std::string(name_of(found.pick.selection)) + ": " +
         rule_of(found.pick) +
         (found.sampled ? ", of the front and a sample of the admitted"
                        : "; a count of " + std::to_string(int64_t(listed) + found.left_out) + " lists all");
}

std::string rejected_in_words(const Enumeration& found, const Caps& caps) {
  const Rejections& r = found.rejected;
  if (r.total() == 0) return "";
  std::vector<std::string> reasons;
  const auto add = [&](int64_t count, const std::string& why) {
    if (count > 0) reasons.push_back(std::to_string(count) + " " + why);
  };
  add(r.invalid, "invalid");
  add(r.params, "with too many parameters");
  add(r.macs, "with too many MACs");
  add(r.both, "with too many of both");
  add(r.duplicate, "equal to another");
  std::ostringstream text;
  text << r.total() << " rejected under the caps of " << caps.params << " parameters and " << caps.gmacs()
       << "e9 macs_valid: " << listed(reasons);
  return text.str();
}

}  // namespace mds
