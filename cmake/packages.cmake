# The libraries besides LibTorch. scripts/setup.sh installs them all; a private prefix goes on CMAKE_PREFIX_PATH.

if(EXISTS ${PROJECT_SOURCE_DIR}/.deps/usr)
  list(PREPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/.deps/usr)
endif()

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Boost REQUIRED COMPONENTS program_options)

# Debian's SOCI ships no CMake package: headers and two libraries, found by name.
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE soci_sqlite3 REQUIRED)
find_library(SQLITE sqlite3 REQUIRED)
add_library(mds_soci INTERFACE)
target_include_directories(mds_soci SYSTEM INTERFACE ${SOCI_INCLUDE} ${SOCI_INCLUDE}/soci)
target_link_libraries(mds_soci INTERFACE ${SOCI_SQLITE} ${SOCI_CORE} ${SQLITE} ${CMAKE_DL_LIBS})

if(MDSEARCH_TESTS)
  find_package(Catch2 REQUIRED)
  list(APPEND CMAKE_MODULE_PATH ${Catch2_DIR})
endif()
