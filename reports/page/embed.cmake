# Writes C++ source that holds text files as strings: cmake -DOUT=x.cpp -DFILES="a.css;b.js" -P embed.cmake
# A file a.css becomes mds::a_css.
set(source "#include \"reports/page_assets.h\"\n\nnamespace mds {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER ${name} name)
  file(READ ${file} text)
  string(APPEND source "const char* const ${name} = R\"asset(${text})asset\";\n")
endforeach()
file(WRITE ${OUT} "${source}}  // namespace mds\n")
