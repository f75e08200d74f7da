// The style sheet and the scripts of folder page/, as the build embeds them (page/embed.cmake).
#pragma once

namespace mds {

extern const char* const page_css;
extern const char* const plots_js;
extern const char* const page_js;

}  // namespace mds
