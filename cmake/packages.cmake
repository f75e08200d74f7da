# The libraries besides LibTorch, from Debian's packages (scripts/packages.txt says what for) or from a private prefix.

message(STATUS "Libraries: scripts/setup.sh installs what is missing below")

set(MDS_PREFIX ${PROJECT_SOURCE_DIR}/.deps CACHE PATH "prefix made by scripts/setup.sh --prefix, searched first")
if(EXISTS ${MDS_PREFIX}/usr/packages)
  list(PREPEND CMAKE_PREFIX_PATH ${MDS_PREFIX}/usr)
  if(NOT CMAKE_LIBRARY_ARCHITECTURE)
    # Compilers of distributions without Debian's lib/<triplet> report no triplet, but the prefix has that folder.
    file(GLOB triplet RELATIVE ${MDS_PREFIX}/usr/lib ${MDS_PREFIX}/usr/lib/*-linux-gnu*)
    set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
  endif()
endif()

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Boost CONFIG REQUIRED COMPONENTS program_options)

# Debian's SOCI ships no CMake package: headers and two libraries, found by name.
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE soci_sqlite3 REQUIRED)
find_library(SQLITE sqlite3 REQUIRED)
add_library(mds_soci INTERFACE)
target_include_directories(mds_soci SYSTEM INTERFACE ${SOCI_INCLUDE} ${SOCI_INCLUDE}/soci)
target_link_libraries(mds_soci INTERFACE ${SOCI_SQLITE} ${SOCI_CORE} ${SQLITE} ${CMAKE_DL_LIBS})
# The check of an object's type needs type information that Debian's SOCI does not export.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=.*undefined")
  target_compile_options(mds_soci INTERFACE -fno-sanitize=vptr)
endif()
# SOCI's SQLite half needs libsqlite3 itself: only a DT_RPATH, not a RUNPATH, finds the one in a prefix.
target_link_options(mds_soci INTERFACE -Wl,--disable-new-dtags)

if(MDSEARCH_TESTS)
  find_package(Catch2 REQUIRED)
  list(APPEND CMAKE_MODULE_PATH ${Catch2_DIR})
endif()
