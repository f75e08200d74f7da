#include "search/named_network.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "networks/network_file.h"
#include "search/store/select.h"
#include "search/winner.h"
#include "spec/listed.h"
#include "spec/nearest.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr size_t least_digits = 6, most_digits = 64;
constexpr size_t few = 3;
constexpr const char* winner = "winner";

bool is_hash_prefix(const std::string& text) {
  return text.size() >= least_digits && text.size() <= most_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The few names most similar to the word.
std::string nearest_few(const std::string& word, std::vector<std::string> names) {
  std::ranges::stable_sort(names, {}, [&](const std::string& name) { return edit_distance(word, name); });
  names.resize(std::min(names.size(), few));
  return listed(names);
}

// --- files -----------------------------------------------------------------------------------------------------------

// "emoji-md" of out/train/emoji-md/model/model.json: the name of the file or else of the nearest folder above it whose
// name is not one of the common ones below.
std::string own_name(const fs::path& file) {
  static const std::set<std::string> common{"", ".", "..", "spec", "model", "proxy", "best"};
  if (const std::string stem = file.stem().string(); !common.contains(stem)) return stem;
  for (fs::path folder = fs::absolute(file).lexically_normal().parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (!common.contains(folder.filename().string())) return folder.filename().string();
  return "network";
}

NamedNetwork of_file(const std::string& name) {
  NamedNetwork network{name, load_network(name)};
  const std::string hash = hash_of(network.spec);
  const auto shipped = std::ranges::find(shipped_hashes(), hash, &std::pair<const std::string, std::string>::second);
  network.name =
      shipped != shipped_hashes().end() ? shipped->first : own_name(network_file(name)) + "-" + hash.substr(0, 8);
  return network;
}

// --- the database ----------------------------------------------------------------------------------------------------

struct Stored {
  std::string hash, name;
  std::set<std::string> sweeps{};  // sweeps in which it is a candidate or the proxy of one

  static void columns(auto& self, auto&& column) {
    column("hash", self.hash);
    column("name", self.name);
  }
};

std::vector<Stored> all_stored(const Database& database) {
  auto all = query_rows<Stored>(database, "FROM arch ORDER BY arch_id");
  for (const auto& [hash, sweep] : select<std::string, std::string>(
           database,
           "SELECT DISTINCT a.hash, s.name FROM run r JOIN sweep s USING(sweep_id) "
           "JOIN arch a ON a.arch_id IN (r.arch_id, r.proxy_of_arch_id) WHERE s.name <> :other",
           trainings))
    std::ranges::find(all, hash, &Stored::hash)->sweeps.insert(sweep);
  return all;
}

std::string shown(const Stored& stored) {
  return (stored.sweeps.size() == 1 ? stored.name + "@" + *stored.sweeps.begin() : stored.name) + " (" +
         stored.hash.substr(0, 12) + ")";
}

std::vector<std::string> sweeps_of_users(const Database& database) {
  std::vector<std::string> names = sweep_names(database);
  std::erase(names, trainings);
  return names;
}

void require_sweep(const Database& database, const std::string& sweep) {
  const auto sweeps = sweeps_of_users(database);
  if (std::ranges::count(sweeps, sweep)) return;
  throw RequestError("no sweep \"" + sweep + "\" in " + database.file() + "; " +
                     (sweeps.empty() ? "it holds none" : "nearest: " + nearest_few(sweep, sweeps)));
}

// The word is "winner", or "winner-CLASS" for the winner of a class that the sweep has; else null.
std::optional<std::string> class_in(const std::string& word, const Database& database, const std::string& sweep) {
  if (word == winner) return "";
  const std::string beginning = std::string(winner) + "-";
  if (!word.starts_with(beginning)) return std::nullopt;
  const std::string name = word.substr(beginning.size());
  return std::ranges::count(stored_winner(database, sweep).classes, name, &WinnerClass::name) ? std::optional(name)
                                                                                              : std::nullopt;
}

std::string winner_of(const Database& database, const std::string& sweep, const std::string& size_class) {
  const Ranking ranking = rank_sweep(database, sweep, size_class);
  if (!ranking.has_winner())
    throw StoreError(database.file() + ": the sweep " + sweep + " has no winner: " +
                     (ranking.unfinished > 0 ? "no candidate is scored yet" : "every candidate failed or stopped"));
  return ranking.placed.front().candidate;
}

[[noreturn]] void refuse(const std::string& word, const std::vector<Stored>& there, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& stored : there) names.push_back(stored.name);
  throw RequestError("no network \"" + word + "\"" + where + "; nearest: " + nearest_few(word, names) +
                     "; allowed: " + network_names);
}

// Names take precedence over hash digits. Where the word matches several networks, an error asks the user to choose.
Stored match(const std::string& word, const std::vector<Stored>& there, const std::string& where) {
  std::vector<Stored> found;
  std::ranges::copy_if(there, std::back_inserter(found), [&](const Stored& stored) { return stored.name == word; });
  if (found.empty() && is_hash_prefix(word))
    std::ranges::copy_if(there, std::back_inserter(found),
                         [&](const Stored& stored) { return stored.hash.starts_with(word); });
  if (found.empty()) refuse(word, there, where);
  if (found.size() > 1)
    throw RequestError("\"" + word + "\" may mean " + listed(found, shown) + where +
                       "; give more of the hash, or NAME@SWEEP");
  return found.front();
}

// Adds the shipped networks, whose hash digits work without a database.
void add_shipped(std::vector<Stored>& there) {
  for (const auto& [name, hash] : shipped_hashes())
    if (!std::ranges::count(there, hash, &Stored::hash)) there.push_back({hash, name});
}

NetworkSpec spec_of(const Stored& stored, const Database* database) {
  const auto row = database ? find_arch(*database, stored.hash) : std::nullopt;
  return row ? network_of(*row) : load_network(stored.name);
}

// `database` is null where there is no such file.
NamedNetwork of_database(const std::string& name, const std::string& file, const Database* database) {
  const size_t at = name.rfind('@');
  std::string word = name.substr(0, at);
  const std::string sweep = at == std::string::npos ? "" : name.substr(at + 1);
  std::string where = database ? " in " + file : ": there is no database " + file;
  std::vector<Stored> there = database ? all_stored(*database) : std::vector<Stored>{};
  if (at == std::string::npos) {
    add_shipped(there);
  } else {
    if (!database) throw RequestError("no sweep \"" + sweep + "\"" + where);
    require_sweep(*database, sweep);
    std::erase_if(there, [&](const Stored& stored) { return !stored.sweeps.contains(sweep); });
    where = " in the sweep " + sweep + " of " + file;
    if (const auto size_class = class_in(word, *database, sweep)) word = winner_of(*database, sweep, *size_class);
  }
  const Stored stored = match(word, there, where);
  const std::string only = stored.sweeps.size() == 1 ? *stored.sweeps.begin() : "";
  return {stored.name, spec_of(stored, database), sweep.empty() ? only : sweep};
}

}  // namespace

const std::map<std::string, std::string>& shipped_hashes() {
  static const std::map<std::string, std::string> hashes = [] {
    std::map<std::string, std::string> all;
    for (const auto& name : shipped_networks()) all[name] = hash_of(load_network(name));
    return all;
  }();
  return hashes;
}

NetworkSpec network_of(const ArchRow& arch) {
  const std::string place = "table arch, row " + arch.hash + ", column spec_json";
  return network_from_json(parse_json(arch.spec_json, place), place);
}

bool is_stored_name(const std::string& name) { return network_file(name).empty(); }

NamedNetwork find_network(const std::string& name, const std::string& file) {
  if (std::ranges::count(shipped_networks(), name)) return {name, load_network(name)};
  if (!network_file(name).empty()) return of_file(name);
  if (!database_exists(file)) return of_database(name, file, nullptr);
  const Database database(file, StoreMode::read_only);
  return of_database(name, file, &database);
}

UNetSpec unet_of(const NamedNetwork& network) {
  if (const auto* unet = std::get_if<UNetSpec>(&network.spec)) return *unet;
  throw RequestError("\"" + network.name + "\" is not a UNet");
}

UNetSpec find_unet(const std::string& name, const std::string& database) {
  return unet_of(find_network(name, database));
}

}  // namespace mds
