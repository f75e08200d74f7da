// HTML character references. Numbers 128 to 159 mean Windows-1252, as browsers and Python have it.
#include <array>
#include <charconv>
#include <map>
#include <sstream>

#include "pipeline/tokenizer_text.h"

namespace mds {
namespace {

// U+00A0 to U+00FF in order; these may lack their semicolon.
constexpr const char* latin1 =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute "
    "micro "
    "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil "
    "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave "
    "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml "
    "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute "
    "thorn yuml";

constexpr std::array<char32_t, 32> windows_1252 = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                                   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

struct Reference {
  char32_t character;
  bool needs_semicolon;
};

std::map<std::string, Reference, std::less<>> make_references() {
  std::map<std::string, Reference, std::less<>> references = {
      {"amp", {'&', false}},      {"lt", {'<', false}},       {"gt", {'>', false}},       {"quot", {'"', false}},
      {"AMP", {'&', false}},      {"LT", {'<', false}},       {"GT", {'>', false}},       {"QUOT", {'"', false}},
      {"apos", {'\'', true}},     {"ndash", {0x2013, true}},  {"mdash", {0x2014, true}},  {"lsquo", {0x2018, true}},
      {"rsquo", {0x2019, true}},  {"sbquo", {0x201A, true}},  {"ldquo", {0x201C, true}},  {"rdquo", {0x201D, true}},
      {"bdquo", {0x201E, true}},  {"dagger", {0x2020, true}}, {"Dagger", {0x2021, true}}, {"bull", {0x2022, true}},
      {"hellip", {0x2026, true}}, {"permil", {0x2030, true}}, {"lsaquo", {0x2039, true}}, {"rsaquo", {0x203A, true}},
      {"euro", {0x20AC, true}},   {"trade", {0x2122, true}},  {"OElig", {0x152, true}},   {"oelig", {0x153, true}},
      {"Scaron", {0x160, true}},  {"scaron", {0x161, true}},  {"Yuml", {0x178, true}},    {"fnof", {0x192, true}},
      {"ensp", {0x2002, true}},   {"emsp", {0x2003, true}},   {"thinsp", {0x2009, true}}, {"hearts", {0x2665, true}}};
  std::istringstream names(latin1);
  std::string name;
  for (char32_t c = 0xA0; names >> name; ++c) references[name] = {c, false};
  return references;
}

// Appends what a number means: nothing for control and unassignable characters, U+FFFD for what Unicode cannot hold.
void append_number(std::string& out, uint32_t code) {
  if (code >= 0x80 && code <= 0x9F) return append_utf8(out, windows_1252[code - 0x80]);
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return append_utf8(out, 0xFFFD);
  const bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') || code == 0x7F;
  const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  if (!control && !noncharacter) append_utf8(out, code);
}

// Both read a reference after '&' and return how many characters it takes, 0 if it is none.
size_t take_number(std::string_view text, std::string& out) {
  const bool hex = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
  const char* start = text.data() + (hex ? 2 : 1);
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(start, text.data() + text.size(), code, hex ? 16 : 10);
  if (end == start) return 0;
  append_number(out, error == std::errc::result_out_of_range ? 0x110000 : code);
  const size_t length = size_t(end - text.data());
  return length + (length < text.size() && text[length] == ';');
}

size_t take_name(std::string_view text, std::string& out) {
  static const auto references = make_references();
  size_t length = 0;
  while (length < text.size() && length < 32 && std::isalnum(static_cast<unsigned char>(text[length]))) ++length;
  if (length < text.size() && text[length] == ';')
    if (const auto it = references.find(text.substr(0, length)); it != references.end()) {
      append_utf8(out, it->second.character);
      return length + 1;
    }
  for (; length >= 2; --length)
    if (const auto it = references.find(text.substr(0, length));
        it != references.end() && !it->second.needs_semicolon) {
      append_utf8(out, it->second.character);
      return length;
    }
  return 0;
}

}  // namespace

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) return out.push_back(char(c));
  if (c < 0x800) {
    out.push_back(char(0xC0 | c >> 6));
  } else {
    if (c < 0x10000) {
      out.push_back(char(0xE0 | c >> 12));
    } else {
      out.push_back(char(0xF0 | c >> 18));
      out.push_back(char(0x80 | (c >> 12 & 0x3F)));
    }
    out.push_back(char(0x80 | (c >> 6 & 0x3F)));
  }
  out.push_back(char(0x80 | (c & 0x3F)));
}

std::string unescape_html(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i + 1);
    const bool possible = text[i] == '&' && !rest.empty();
    const size_t taken = !possible ? 0 : rest[0] == '#' ? take_number(rest, result) : take_name(rest, result);
    if (taken == 0) result += text[i];
    i += taken;
  }
  return result;
}

}  // namespace mds
