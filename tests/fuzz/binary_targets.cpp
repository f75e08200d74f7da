// Headers of safetensors, and databases: damaged files, and sound ones with hostile texts.
#include <cstring>
#include <filesystem>

#include "pipeline/safetensors.h"
#include "reports/page.h"
#include "search/store/store.h"
#include "tests/fuzz/target_lists.h"
#include "tests/reports/rows_of.h"
#include "tests/search/store/old_database.h"

namespace mds::fuzz {
namespace {

std::string with_length(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

// What users of the reader rely on: the tensors fill the data in order, each with the size of its shape.
void read_header(const std::string& input) {
  const SafetensorsHeader header = parse_safetensors(input, "weights");
  uint64_t at = 0;
  for (const auto& entry : header.tensors) {
    uint64_t bytes = bytes_each(entry.type);
    for (const auto side : entry.shape) bytes *= uint64_t(side);
    if (entry.begin != at || entry.end - entry.begin != bytes)
      throw std::logic_error("a tensor is not where its shape says");
    at = entry.end;
  }
  if (header.data_begin + at != input.size()) throw std::logic_error("the tensors do not fill the file");
}

Target weights() {
  const std::string two =
      R"({"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]}})";
  const std::string one = "{\n \"\\u00e9\": {\"shape\": [], \"data_offsets\": [0, 1], \"dtype\": \"U8\"}}   ";
  return {.name = "safetensors",
          .seeds = {with_length(two, std::string(28, '~')), with_length(one, "~"), with_length("{}", "")},
          .tokens = {"\"shape\":", "\"dtype\":", "\"data_offsets\":", "\"__metadata__\":", "[0,0]",
                     "[4294967296,4294967296]", "\"F8\"",
                     "{\"a\":{\"a\":{\"a\":", "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"},
          .read = read_header,
          // The data of the seeds hold no brace, so the last one ends the header.
          .repair =
              [](std::string& file) {
                if (const size_t end = file.rfind('}'); end != std::string::npos && end > 8)
                  file = with_length(file.substr(8, end - 7), file.substr(end + 1));
              },
          .share = 300,
          .most_bytes = 256 << 10,
          .most_bytes_each = 8};
}

// All that people do with a database of somebody else: check it, print and draw its reports, merge it.
void read_database(const std::string& file) {
  const Database database(file, StoreMode::read_only);
  is_refused([&] { info_of(database); });
  is_refused([&] { problems_of(database); });
  for (const auto& report : all_reports())
    is_refused([&] { to_text(tables_of(report, database, test::with_shipped), Format::table); });
  is_refused([&] { report_page(database, sweep_report, {.report = test::with_shipped}); });
  is_refused([&] {
    Database merged(":memory:");
    merge(merged, file);
  });
}

std::string sample(const std::string& name) {
  const std::string file = folder() + "/" + name;
  std::filesystem::remove(file);
  {
    Database database(file);
    test::fill_sample(database);
  }
  // Small pages without free ones: mutations meet content more often.
  test::run_sql(file, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM");
  return bytes_of(file);
}

Target databases() {
  return {.name = "sqlite",
          .seeds = {sample("sample.db")},
          .tokens = {"SQLite format 3", "CREATE VIEW ", "CREATE TABLE ", "tablerun", "queued", "leased", "done",
                     "fd_emoji_clip", "{\"kind\":"},
          .read = [](const std::string& input) { read_database(file_with("damaged.db", input)); },
          .share = 2};
}

// The first byte says which column gets the rest as its text.
void read_stored_text(const std::string& input) {
  static const std::string sound = sample("sound.db");
  if (input.empty()) return;
  std::vector<std::string> columns;
  for (const auto& table : tables())
    for (const auto& column : table.columns)
      if (column.type == CellType::text || column.type == CellType::bytes)
        columns.push_back("UPDATE OR IGNORE " + table.name() + " SET " + column.name);
  const std::string file = file_with("texts.db", sound);
  std::string hex = "X'";
  for (const unsigned char byte : input.substr(1))
    hex += "0123456789abcdef"[byte >> 4], hex += "0123456789abcdef"[byte & 15];
  try {
    test::run_sql(file, "PRAGMA ignore_check_constraints = ON;" +
                            columns[static_cast<unsigned char>(input[0]) % columns.size()] + " = CAST(" + hex +
                            "' AS TEXT)");
  } catch (const std::runtime_error&) {
    return;  // an append-only table
  }
  read_database(file);
}

Target stored_texts() {
  Target target{
      .name = "stored-text",
      .tokens = {"<script>alert(1)</script>", "\x1b]0;x\x07", "{\"policy\": {\"rule\": 7}}", "{\"kind\": \"unet\"}",
                 "'; DROP TABLE run; --", "\"inputs\":", "\"verdict\":", "\"dtype\":"},
      .read = read_stored_text,
      .share = 1};
  int64_t column = 0;
  for (const char* text :
       {"{}", "[]", "null", "{\"name\": \"x\", \"data_hash\": \"0\", \"sampler\": {\"steps\": 8}}", "done", "1e400"})
    for (int64_t i = 0; i < 16; ++i) target.seeds.push_back(char(column++) + std::string(text));
  return target;
}

}  // namespace

std::vector<Target> binary_targets() { return {weights(), databases(), stored_texts()}; }

}  // namespace mds::fuzz
