// A table as aligned text of a given width. Where it is too wide, it drops in this order: zeros that end all numbers of
// a column, headers on one line, the least important columns, the ends of long texts.
#include <algorithm>
#include <numeric>

#include "reports/table.h"
#include "spec/listed.h"
#include "spec/printable.h"

namespace mds {
namespace {

constexpr size_t gap = 2;            // between columns
constexpr size_t text_width = 24;    // a long text may be cut to this before columns are left out
constexpr size_t shortest_text = 8;  // texts that are never left out may be cut to this

size_t width(const std::string& utf8) {
  return size_t(std::count_if(utf8.begin(), utf8.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(const std::string& utf8, size_t letters) {
  if (width(utf8) <= letters) return utf8;
  size_t at = 0;
  for (size_t kept = 0; at < utf8.size(); ++at)
    if ((static_cast<unsigned char>(utf8[at]) & 0xc0) != 0x80 && kept++ == letters - 1) break;
  return utf8.substr(0, utf8.find_last_not_of(' ', at - 1) + 1) + "…";
}

// Breaks text at spaces into lines of at most `most` letters; a longer word gets a line of its own.
std::vector<std::string> wrapped(const std::string& text, size_t most) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (lines.empty() || width(lines.back()) + 1 + width(word) > most)
      lines.push_back(word);
    else
      lines.back() += " " + word;
    at = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) { return listed(lines, std::identity{}, "\n") + "\n"; }

struct TextColumn {
  const Column* column;
  std::vector<std::string> header{};  // its lines
  std::vector<std::string> cells{};
  bool right = false, numbers = false;
  size_t most = 0;  // length of its longest cell or line of the header

  void measure() {
    most = 0;
    for (const auto* texts : {&header, &cells})
      for (const auto& text : *texts) most = std::max(most, width(text));
  }
  // The width that the column keeps while other columns are still competing for room.
  size_t least() const { return right ? most : std::min(most, text_width); }
  void shorten(size_t letters) {
    for (auto* texts : {&header, &cells})
      for (auto& text : *texts) text = cut(text, letters);
    measure();
  }
};

std::vector<TextColumn> text_columns(const Table& table) {
  std::vector<TextColumn> columns;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].audience == Audience::programs) continue;
    TextColumn text{.column = &table.columns[c], .header = {one_line(header_of(table.columns[c]))}};
    text.right = at_right(table, c);
    for (const auto& row : table.rows) {
      text.cells.push_back(one_line(shown(row[c], table.columns[c])));
      text.numbers = text.numbers || row[c].is_number();
    }
    text.measure();
    columns.push_back(std::move(text));
  }
  return columns;
}

size_t total(const std::vector<TextColumn>& columns) {
  size_t sum = columns.empty() ? 0 : gap * (columns.size() - 1);
  for (const auto& column : columns) sum += column.most;
  return sum;
}

void drop_zeros(TextColumn& column) {
  const auto has_zero = [](const std::string& cell) {
    return cell == "-" || (cell.find('.') != cell.npos && cell.find('e') == cell.npos && cell.back() == '0');
  };
  while (column.numbers && std::all_of(column.cells.begin(), column.cells.end(), has_zero))
    for (auto& cell : column.cells) {
      if (cell == "-") continue;
      cell.pop_back();
      if (cell.ends_with('.')) cell.pop_back();
    }
  column.measure();
}

// Breaks the header into two lines so that the longer one is as short as possible.
void break_header(TextColumn& column) {
  const std::string header = column.header[0];
  for (size_t at = header.find(' '); at != header.npos; at = header.find(' ', at + 1)) {
    const std::vector<std::string> lines{header.substr(0, at), header.substr(at + 1)};
    const auto longest = [](const auto& each) {
      return std::transform_reduce(
          each.begin(), each.end(), size_t(0), [](size_t a, size_t b) { return std::max(a, b); }, width);
    };
    if (longest(lines) < longest(column.header)) column.header = lines;
  }
  column.measure();
}

// Decides which columns stay: in order of their weight, as far as there is room.
std::vector<bool> kept(const std::vector<TextColumn>& columns, size_t room) {
  std::vector<size_t> order(columns.size());
  std::iota(order.begin(), order.end(), size_t(0));
  const auto weight = [&](size_t c) { return columns[c].column->weight; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return weight(a) > weight(b); });
  std::vector<bool> stays(columns.size());
  size_t used = 0;
  for (const size_t c : order) {
    if (columns[c].column->follows && c > 0 && !stays[c - 1]) continue;
    const size_t needed = columns[c].least() + (used > 0 ? gap : 0);
    if (used > 0 && weight(c) != Weight::identity && used + needed > room) continue;
    stays[c] = true;
    used += needed;
  }
  return stays;
}

// The header where it identifies the column, else the name.
std::string name_in_note(const std::vector<TextColumn>& columns, const Column& column) {
  const std::string header = header_of(column);
  const auto same = std::count_if(columns.begin(), columns.end(),
                                  [&](const TextColumn& other) { return header_of(*other.column) == header; });
  return one_line(same > 1 || header.find_first_not_of(' ') == header.npos ? column.name : header);
}

// Shortens the longest text by one letter until the line fits or no text may be cut any more.
void shorten_texts(std::vector<TextColumn>& columns, size_t room) {
  while (total(columns) > room) {
    TextColumn* longest = nullptr;
    for (auto& column : columns)
      if (!column.right && column.most > shortest_text && (!longest || column.most > longest->most)) longest = &column;
    if (!longest) return;
    longest->shorten(longest->most - 1);
  }
}

// Returns the names of the columns that were left out.
std::vector<std::string> fit(std::vector<TextColumn>& columns, size_t room) {
  if (total(columns) <= room) return {};
  for (auto& column : columns) drop_zeros(column);
  if (total(columns) <= room) return {};
  for (auto& column : columns) break_header(column);
  const std::vector<bool> stays = kept(columns, room);
  std::vector<std::string> left_out;
  std::vector<TextColumn> staying;
  for (size_t c = 0; c < columns.size(); ++c)
    if (stays[c])
      staying.push_back(columns[c]);
    else
      left_out.push_back(name_in_note(columns, *columns[c].column));
  columns = std::move(staying);
  shorten_texts(columns, room);
  return left_out;
}

std::string padded(const std::string& text, const TextColumn& column) {
  const std::string space(column.most - width(text), ' ');
  return column.right ? space + text : text + space;
}

std::string line_of(const std::vector<TextColumn>& columns, auto cell_of) {
  std::string line;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (c > 0) line += std::string(gap, ' ');
    line += padded(cell_of(columns[c]), columns[c]);
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string grid(const std::vector<TextColumn>& columns) {
  size_t header_lines = 0;
  for (const auto& column : columns) header_lines = std::max(header_lines, column.header.size());
  std::string out;
  for (size_t i = 0; i < header_lines; ++i)
    out += line_of(columns, [&](const TextColumn& column) {
      const size_t above = header_lines - column.header.size();
      return i < above ? std::string() : column.header[i - above];
    });
  out += std::string(total(columns), '-') + "\n";
  for (size_t r = 0; r < columns[0].cells.size(); ++r)
    out += line_of(columns, [&](const TextColumn& column) { return column.cells[r]; });
  return out;
}

std::string first_sentence(const std::string& note) {
  const size_t end = note.find(". ");
  return end == note.npos ? note : note.substr(0, end + 1);
}

}  // namespace

std::string aligned_text(const Table& table, const View& view) {
  const size_t room = view.width > 0 ? view.width : output_width();
  const auto lines = [&](const std::string& text) {
    const std::string line = one_line(text);
    return view.brief ? cut(first_sentence(line), room) + "\n" : joined(wrapped(line, room));
  };
  auto columns = text_columns(table);
  const auto left_out = view.columns.empty() ? fit(columns, room) : std::vector<std::string>{};
  std::string out = table.title.empty() ? "" : lines(table.title);
  if (!table.rows.empty() && !columns.empty()) out += (out.empty() ? "" : "\n") + grid(columns);
  std::string notes;
  if (!left_out.empty())
    notes += joined(wrapped("Left out to fit " + std::to_string(room) + " columns: " + listed(left_out) +
                                "; name columns, or all, to see them.",
                            room));
  for (const auto& note : table.footnotes) notes += lines(note);
  return out + (out.empty() || notes.empty() ? "" : "\n") + notes;
}

}  // namespace mds
