# Dependencies, all of them Debian packages (scripts/dependencies lists them).

include_guard()

# Programs of an enclosing project link advae::client, and with it what is found here.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

# What advae::client needs; advaeConfig.cmake.in finds it for programs that use the installed one.
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)  # before gRPC, whose configuration wants its targets
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)  # to build it only

if(ADVAE_BUILD_PROGRAMS)
  find_package(Eigen3 3.4 CONFIG REQUIRED)
  find_package(Boost 1.74 REQUIRED)
  find_package(hwy CONFIG REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)
  find_package(CLI11 CONFIG REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(cjose REQUIRED IMPORTED_TARGET cjose)
  pkg_check_modules(tcmalloc REQUIRED IMPORTED_TARGET libtcmalloc_minimal)
endif()

if(ADVAE_BUILD_TRAINER)
  find_package(Torch CONFIG REQUIRED)
  pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
endif()
if(ADVAE_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
  include(GoogleTest)
endif()
if(ADVAE_BUILD_BENCHMARKS)
  find_package(benchmark CONFIG REQUIRED)
endif()
