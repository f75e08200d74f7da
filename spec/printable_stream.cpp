#include "spec/printable_stream.h"

#include "spec/printable.h"

namespace mds {

PrintableOutput::int_type PrintableOutput::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char letter = traits_type::to_char_type(byte);
  return xsputn(&letter, 1) == 1 ? byte : traits_type::eof();
}

std::streamsize PrintableOutput::xsputn(const char* bytes, std::streamsize count) {
  const std::string text = printable(std::string(bytes, size_t(count)));
  return to_->sputn(text.data(), std::streamsize(text.size())) == std::streamsize(text.size()) ? count : 0;
}

}  // namespace mds
