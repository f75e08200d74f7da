# cmake --install: the program, the libraries with their headers, the shipped data, and what find_package(mdsearch) reads.

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/mdsearch)
get_property(folders GLOBAL PROPERTY MDS_FOLDERS)
list(REMOVE_DUPLICATES folders)
list(REMOVE_ITEM folders app)
set(MDS_ARCHIVES)
foreach(folder ${folders})
  get_property(libraries GLOBAL PROPERTY MDS_LIBRARIES_${folder})
  list(APPEND MDS_ARCHIVES ${libraries})
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mdsearch FILES_MATCHING PATTERN "*.h")
endforeach()
install(TARGETS mdsearch mdsearch-torch ${MDS_ARCHIVES} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/mdsearch)
install(DIRECTORY configs weights DESTINATION ${CMAKE_INSTALL_DATADIR}/mdsearch)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DATADIR}/mdsearch)

set(MDS_INCLUDES ${CMAKE_INSTALL_INCLUDEDIR}/mdsearch)
set(MDS_LIBRARIES ${CMAKE_INSTALL_LIBDIR}/mdsearch)
configure_package_config_file(cmake/mdsearchConfig.cmake.in ${PROJECT_BINARY_DIR}/mdsearchConfig.cmake
                              INSTALL_DESTINATION ${package} PATH_VARS MDS_INCLUDES MDS_LIBRARIES)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mdsearchConfigVersion.cmake COMPATIBILITY ExactVersion)
install(FILES ${PROJECT_BINARY_DIR}/mdsearchConfig.cmake ${PROJECT_BINARY_DIR}/mdsearchConfigVersion.cmake
              cmake/find_torch.cmake cmake/torch.cmake cmake/packages.cmake cmake/pictures.cmake cmake/onnx.cmake
        DESTINATION ${package})
