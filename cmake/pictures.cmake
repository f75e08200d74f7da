# Picture files, shards, fonts and Unicode: what the core build leaves out. Found by header and library, so that a private prefix
# works without pkg-config.

function(mds_find target header library)
  find_path(${target}_INCLUDE ${header} REQUIRED PATH_SUFFIXES harfbuzz freetype2)
  find_library(${target}_LIBRARY ${library} REQUIRED)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
endfunction()

mds_find(mds_turbojpeg turbojpeg.h turbojpeg)
mds_find(mds_png png.h png)
mds_find(mds_webp webp/decode.h webp)
mds_find(mds_archive archive.h archive)
mds_find(mds_freetype ft2build.h freetype)
mds_find(mds_harfbuzz hb.h harfbuzz)
mds_find(mds_pcre2 pcre2.h pcre2-8)
mds_find(mds_icu unicode/unistr.h icuuc)
