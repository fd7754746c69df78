# The Debian packages advae-server, advae (the command-line tool), advae-trainer, python3-advae and
# libadvae-dev, made by
#   cpack --config build/PRESET/CPackConfig.cmake
# The trainer is a package of its own because LibTorch brings some 300 others.

include_guard()

set(DEBIAN ${PROJECT_SOURCE_DIR}/deploy/debian)
string(TIMESTAMP ADVAE_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack would otherwise build the tests
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME advae)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "anomaly detection for rows of numbers")
set(CPACK_PACKAGE_VENDOR "the advae authors")
set(CPACK_PACKAGE_CONTACT "advae authors <advae@localhost.localdomain>" CACHE STRING
    "Who maintains the packages: NAME <ADDRESS>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

# What Debian wants in each package's documentation.
function(advae_package_documents package)
  set(folder ${PROJECT_BINARY_DIR}/debian/${package})
  set(ADVAE_PACKAGE ${package})
  configure_file(${DEBIAN}/changelog.in ${folder}/changelog @ONLY)
  execute_process(COMMAND gzip --best --no-name --force ${folder}/changelog
                  COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${DEBIAN}/copyright ${folder}/changelog.gz
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}
          COMPONENT ${package} EXCLUDE_FROM_ALL)
endfunction()

set(CPACK_COMPONENTS_ALL advae-server advae python3-advae libadvae-dev)
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_NAME advae-server)
set(CPACK_DEBIAN_ADVAE-SERVER_DESCRIPTION
    "Scores rows of numbers with self-adversarial variational autoencoders, over
gRPC, and exports Prometheus metrics. Trains where advae-trainer is installed.")
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers | systemd-sysusers, init-system-helpers (>= 1.52)")
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_RECOMMENDS advae)
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_SUGGESTS advae-trainer)
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_CONTROL_EXTRA
    ${DEBIAN}/conffiles ${DEBIAN}/postinst ${DEBIAN}/prerm ${DEBIAN}/postrm)
set(CPACK_DEBIAN_ADVAE-SERVER_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_ADVAE_PACKAGE_NAME advae)
set(CPACK_DEBIAN_ADVAE_DESCRIPTION
    "Trains models on an advae-server, scores the rows of CSV files and manages
models and their versions.")

set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_NAME python3-advae)
set(CPACK_DEBIAN_PYTHON3-ADVAE_DESCRIPTION
    "Trains models on an advae-server and scores frames and arrays, from Python. Has
an outlier detector by the conventions of scikit-learn, which starts the server
of the package advae-server for itself.")
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_DEPENDS
    "python3:any, python3-grpcio, python3-numpy, python3-protobuf")
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_RECOMMENDS "python3-pandas")
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_SUGGESTS "advae-server, advae-trainer, python3-sklearn")
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_CONTROL_EXTRA
    ${DEBIAN}/python3-advae/postinst ${DEBIAN}/python3-advae/prerm)
set(CPACK_DEBIAN_PYTHON3-ADVAE_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_LIBADVAE-DEV_PACKAGE_NAME libadvae-dev)
set(CPACK_DEBIAN_LIBADVAE-DEV_DESCRIPTION
    "The C++ library advae::client, which talks to an advae-server, with its headers
and its CMake package, and the .proto files for clients in other languages.")
set(CPACK_DEBIAN_LIBADVAE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBADVAE-DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_LIBADVAE-DEV_PACKAGE_DEPENDS
    "libabsl-dev, libgrpc++-dev, libprotobuf-dev, libssl-dev, protobuf-compiler, protobuf-compiler-grpc, zlib1g-dev")
set(CPACK_DEBIAN_LIBADVAE-DEV_PACKAGE_SUGGESTS "advae-server, cmake")

if(ADVAE_BUILD_TRAINER)
  list(APPEND CPACK_COMPONENTS_ALL advae-trainer)
  set(CPACK_DEBIAN_ADVAE-TRAINER_PACKAGE_NAME advae-trainer)
  set(CPACK_DEBIAN_ADVAE-TRAINER_DESCRIPTION
      "The program that advae-server runs for each training, with LibTorch. It also
trains and imports models without a server, into the same repository.")
endif()

foreach(package IN LISTS CPACK_COMPONENTS_ALL)
  advae_package_documents(${package})
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/advae-server.default DESTINATION /etc/default
        RENAME advae-server COMPONENT advae-server EXCLUDE_FROM_ALL)

include(CPack)
