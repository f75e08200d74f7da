#include "data/shard_samples.h"

#include <map>
#include <set>

#include "data/utf8.h"
#include "spec/describe.h"
#include "spec/listed.h"

namespace mds {
namespace {

size_t name_begin(const std::string& path) { return path.rfind('/') + 1; }  // npos + 1 is 0
std::string key_of(const std::string& path) { return path.substr(0, path.find('.', name_begin(path))); }
std::string stem_of(const std::string& path) { return path.substr(0, path.rfind('.')); }
std::string ending_of(const std::string& path) { return lower_case(path.substr(path.rfind('.'))); }

bool is_member(const std::string& path) {
  const size_t dot = path.find('.', name_begin(path));
  return dot != std::string::npos && dot != name_begin(path);
}

// The caption in JSON text, or why there is none.
struct Found {
  std::string caption, why{};
};
Found json_caption(const std::string& text) {
  const Json json = json_or_null(text, most_json_line_bytes);
  if (!json.is_object()) return {"", "a picture whose json is damaged, or no object"};
  for (const char* key : {"caption", "text"})
    if (json.contains(key) && json[key].is_string()) return {trimmed(json[key].get<std::string>())};
  return {"", "a picture whose json has no \"caption\" or \"text\""};
}

struct Part {
  std::string bytes{}, caption{}, why{};
  bool has_picture = false;
};

std::string reason_to_skip(const Part& part) {
  if (part.bytes.empty()) return "an empty picture";
  if (part.caption.empty()) return part.why.empty() ? "a picture without a caption" : part.why;
  if (part.caption.size() > most_caption_bytes) return too_long_caption();
  return is_utf8(part.caption) ? "" : "a caption that is not UTF-8";
}

}  // namespace

struct ShardSamples::Group {
  std::string key;
  std::map<std::string, Part> parts{};  // by stem
  std::set<std::string> others{};       // endings of what is neither picture nor caption
  size_t members = 0, bytes = 0;
};

std::optional<EncodedPicture> ShardSamples::next() {
  while (ready_.empty() && at_ < files_.size()) {
    if (!tar_) {
      tar_ = std::make_unique<TarMembers>(files_[at_], skipped_);
      advance();
    }
    if (ahead_) {
      read_group();
    } else {
      tar_.reset();
      ++at_;
    }
  }
  if (ready_.empty()) return {};
  EncodedPicture sample = std::move(ready_.front());
  ready_.pop_front();
  return sample;
}

void ShardSamples::advance() {
  do ahead_ = tar_->next();
  while (ahead_ && !is_member(*ahead_));
}

void ShardSamples::read_group() {
  Group group{.key = key_of(*ahead_)};
  for (; ahead_ && key_of(*ahead_) == group.key; advance()) read_member(group);
  if (group.members > most_sample_members)
    skip(group.key, "a sample of more than " + std::to_string(most_sample_members) + " members");
  finish(group);
}

void ShardSamples::read_member(Group& group) {
  if (++group.members > most_sample_members) return;
  const std::string ending = ending_of(*ahead_), stem = stem_of(*ahead_);
  const bool picture = is_picture_ending(ending), text = ending == ".txt", json = ending == ".json";
  if (!picture && !text && !json) return void(group.others.insert(ending));
  if (picture && group.parts[stem].has_picture) return skip(group.key, "another picture of the same sample, " + ending);
  if (json && !group.parts[stem].caption.empty()) return;
  const size_t room = most_member_bytes - std::min(group.bytes, most_member_bytes);
  auto bytes = tar_->read(picture ? room : json ? most_json_line_bytes : most_caption_bytes);
  if (!bytes) return;
  Part& part = group.parts[stem];
  group.bytes += bytes->size();
  if (picture) {
    part.bytes = std::move(*bytes);
    part.has_picture = true;
  } else {
    // Of an empty text beside json, the json counts.
    Found found = text ? Found{trimmed(*bytes)} : json_caption(*bytes);
    if (found.caption.empty() && !part.caption.empty()) return;
    part.caption = std::move(found.caption);
    part.why = std::move(found.why);
  }
}

void ShardSamples::finish(Group& group) {
  const auto shared = group.parts.find(group.key);
  const bool of_key = shared != group.parts.end(), plain = of_key && shared->second.has_picture;
  const Part common = of_key ? Part{"", shared->second.caption, shared->second.why} : Part{};
  bool any = false;
  for (auto& [stem, part] : group.parts) {
    if (!part.has_picture) continue;
    any = true;
    if (part.caption.empty() && stem != group.key) {
      if (plain) continue;
      if (part.why.empty()) part.why = common.why;
      part.caption = common.caption;
    }
    const std::string name = files_[at_] + "/" + stem, reason = reason_to_skip(part);
    if (reason.empty())
      ready_.push_back({.name = name, .id = stem, .caption = part.caption, .bytes = std::move(part.bytes)});
    else
      skip(stem, reason);
  }
  if (any) return;
  constexpr size_t most_listed = 3;
  while (group.others.size() > most_listed) group.others.erase(std::prev(group.others.end()));
  skip(group.key, (group.parts.empty() ? "a sample without a picture" : "a caption without a picture") +
                      (group.others.empty() ? "" : "; there is " + listed(group.others)));
}

void ShardSamples::skip(const std::string& name, const std::string& reason) {
  skipped_.skips.push_back({files_[at_] + "/" + name, reason});
}

}  // namespace mds
