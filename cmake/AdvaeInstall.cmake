# What is installed beside the programs, and in which package: the components have the names of the
# Debian packages (AdvaePackages.cmake). Each program installs itself.

include_guard()

# Manual pages, made of what the programs say for --help.
find_program(HELP2MAN help2man REQUIRED)
add_custom_target(man_pages ALL)
function(advae_man_page target program section component description)
  set(page ${PROJECT_BINARY_DIR}/man/${program}.${section})
  add_custom_command(
    OUTPUT ${page}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
    COMMAND ${HELP2MAN} --no-info --section=${section} --version-string=${PROJECT_VERSION}
            --name=${description} --output=${page} $<TARGET_FILE:${target}>
    COMMAND sed --in-place "/^Flags from /d" ${page}
    COMMAND gzip --best --no-name --force ${page}
    DEPENDS ${target} VERBATIM)
  add_custom_target(${program}_man_page DEPENDS ${page}.gz)
  add_dependencies(man_pages ${program}_man_page)
  install(FILES ${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
          COMPONENT ${component} OPTIONAL)
endfunction()

advae_man_page(advae_server_program advae-server 8 advae-server "scores rows of numbers over gRPC")
advae_man_page(advae_cli advae 1 advae "trains models and scores rows on an advae-server")
if(ADVAE_BUILD_TRAINER)
  advae_man_page(advae-trainer advae-trainer 1 advae-trainer "trains models without a server")
endif()

# The service: systemd reads these folders below /usr and /usr/local.
set(ADVAE_SYSTEMD ${PROJECT_SOURCE_DIR}/deploy/systemd)
install(FILES ${ADVAE_SYSTEMD}/advae-server.service DESTINATION lib/systemd/system
        COMPONENT advae-server)
install(FILES ${ADVAE_SYSTEMD}/advae-server.sysusers DESTINATION lib/sysusers.d
        RENAME advae-server.conf COMPONENT advae-server)

# What other programs need: the client library with its headers below a folder of their own, for
# find_package(advae), and the protos with the retry service config, for all other languages.
set(ADVAE_PROTO_DIR ${CMAKE_INSTALL_DATADIR}/advae/proto)
set(ADVAE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/advae)
set(ADVAE_HEADER_DIR ${CMAKE_INSTALL_INCLUDEDIR}/advae)
get_property(exported GLOBAL PROPERTY ADVAE_EXPORTED)
install(TARGETS advae_flags ${exported} EXPORT advae
        ARCHIVE COMPONENT libadvae-dev
        FILE_SET HEADERS DESTINATION ${ADVAE_HEADER_DIR} COMPONENT libadvae-dev
        FILE_SET generated DESTINATION ${ADVAE_HEADER_DIR} COMPONENT libadvae-dev)
install(EXPORT advae NAMESPACE advae:: FILE advaeTargets.cmake DESTINATION ${ADVAE_CMAKE_DIR}
        COMPONENT libadvae-dev)
include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/advaeConfig.cmake.in ${PROJECT_BINARY_DIR}/advaeConfig.cmake
                              INSTALL_DESTINATION ${ADVAE_CMAKE_DIR} PATH_VARS ADVAE_PROTO_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/advaeConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/advaeConfig.cmake ${PROJECT_BINARY_DIR}/advaeConfigVersion.cmake
        DESTINATION ${ADVAE_CMAKE_DIR} COMPONENT libadvae-dev)
foreach(file advae/v1/types.proto advae/v1/detector.proto advae/v1/registry.proto advae/v1/service_config.json
        google/rpc/error_details.proto google/rpc/status.proto inference/inference.proto
        grpc/health/v1/health.proto)
  get_filename_component(folder ${file} DIRECTORY)
  install(FILES proto/${file} DESTINATION ${ADVAE_PROTO_DIR}/${folder} COMPONENT libadvae-dev)
endforeach()

install(FILES LICENSE README.md CHANGELOG.md docs/IMPORT.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT documentation)

# The Python package, where Debian's python3 finds it. Of the Debian package only: below another prefix
# it belongs to that prefix's Python, which pip knows.
install(DIRECTORY python/advae DESTINATION lib/python3/dist-packages COMPONENT python3-advae
        EXCLUDE_FROM_ALL
        PATTERN __pycache__ EXCLUDE)
