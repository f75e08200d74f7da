// HTML character references. Numbers 128 to 159 mean Windows-1252, as in browsers and Python.
#include <array>
#include <charconv>
#include <map>
#include <sstream>

#include "pipeline/tokenizer_text.h"

namespace mds {
namespace {

// A code in hexadecimal is that of the name after it; the following names have the next codes.
constexpr const char* names =
    "22: quot 26: amp apos 3C: lt 3E: gt 22: QUOT 26: AMP 3C: LT 3E: GT A9: COPY AE: REG 2122: TRADE A0: nbsp iexcl "
    "cent pound "
    "curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil "
    "sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute "
    "Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc "
    "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave "
    "iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn "
    "yuml 152: OElig oelig 160: Scaron scaron 178: Yuml 192: fnof 2C6: circ 2DC: tilde 391: Alpha Beta Gamma Delta "
    "Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho 3A3: Sigma Tau Upsilon Phi Chi Psi Omega 3B1: "
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon "
    "phi chi psi omega 3D1: thetasym upsih 3D6: piv 2002: ensp emsp 2009: thinsp 200C: zwnj zwj lrm rlm 2013: ndash "
    "mdash 2018: lsquo rsquo sbquo 201C: ldquo rdquo bdquo 2020: dagger Dagger bull 2026: hellip 2030: permil 2032: "
    "prime Prime 2039: lsaquo rsaquo 203E: oline 2044: frasl 20AC: euro 2111: image 2118: weierp 211C: real 2122: "
    "trade 2135: alefsym 2190: larr uarr rarr darr harr 21B5: crarr 21D0: lArr uArr rArr dArr hArr 2200: forall 2202: "
    "part exist 2205: empty 2207: nabla isin notin 220B: ni 220F: prod 2211: sum minus 2217: lowast 221A: radic 221D: "
    "prop infin 2220: ang 2227: and or cap cup int 2234: there4 223C: sim 2245: cong 2248: asymp 2260: ne equiv 2264: "
    "le ge 2282: sub sup nsub 2286: sube supe 2295: oplus 2297: otimes 22A5: perp 22C5: sdot 2308: lceil rceil lfloor "
    "rfloor 25CA: loz 2660: spades 2663: clubs 2665: hearts diams 27E8: lang rang";

struct Reference {
  char32_t character;
  bool needs_semicolon;
};

std::map<std::string, Reference, std::less<>> make_references() {
  std::map<std::string, Reference, std::less<>> references;
  std::istringstream words(names);
  std::string word;
  for (char32_t c = 0; words >> word;) {
    if (word.ends_with(':')) {
      c = char32_t(std::stoul(word, nullptr, 16));
    } else {
      references[word] = {c, c > 0xFF || word == "apos"};
      ++c;
    }
  }
  return references;
}

// Appends the character of a number: nothing for control and unassignable ones, U+FFFD where Unicode has none.
void append_number(std::string& out, uint32_t code) {
  if (code >= 0x80 && code <= 0x9F) return append_utf8(out, windows_1252[code - 0x80]);
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return append_utf8(out, 0xFFFD);
  const bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') || code == 0x7F;
  const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  if (!control && !noncharacter) append_utf8(out, code);
}

// Both parse a reference after '&' and return how many characters it has, 0 if it is not one.
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

const std::array<char16_t, 32> windows_1252 = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                               0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                               0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                               0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

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
