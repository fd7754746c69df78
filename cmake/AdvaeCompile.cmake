# How every target of the project is compiled.

include_guard()

# Warnings for our own code; generated code links only advae::flags. Inside of another project, whose
# compiler may know more of them, they are no errors.
add_library(advae_warnings INTERFACE)
target_compile_options(advae_warnings INTERFACE
  -Wall -Wextra -Wpedantic $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
add_library(advae::warnings ALIAS advae_warnings)

# Includes are written from the repository's root: "model/scoring/scorer.h".
# Contraction is off so that a score has the same bits whatever loop computes it.
add_library(advae_flags INTERFACE)
target_include_directories(advae_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_features(advae_flags INTERFACE cxx_std_20)
target_compile_options(advae_flags INTERFACE
  $<BUILD_INTERFACE:-ffp-contract=off>
  $<BUILD_INTERFACE:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>)  # no paths of the build machine in the programs
if(ADVAE_SANITIZE)
  target_compile_options(advae_flags INTERFACE -fsanitize=${ADVAE_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(advae_flags INTERFACE -fsanitize=${ADVAE_SANITIZE})
  if(ADVAE_SANITIZE STREQUAL "thread")
    target_sources(advae_flags INTERFACE
      $<BUILD_INTERFACE:$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${PROJECT_SOURCE_DIR}/tests/testing/tsan_abseil.cc>>)
    target_link_libraries(advae_flags INTERFACE absl::synchronization ${CMAKE_DL_LIBS})
    target_compile_options(advae_flags INTERFACE
      "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${PROJECT_SOURCE_DIR}/tests/testing/tsan_protobuf.h>>")
    # ThreadSanitizer does not know fences; Asio's are beside locks that it knows.
    target_compile_definitions(advae_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
set_target_properties(advae_flags PROPERTIES EXPORT_NAME flags)
add_library(advae::flags ALIAS advae_flags)

# A static library of our own with its alias advae::NAME.
function(advae_library name)
  add_library(advae_${name} STATIC ${ARGN})
  add_library(advae::${name} ALIAS advae_${name})
  target_link_libraries(advae_${name} PUBLIC advae::flags PRIVATE $<BUILD_INTERFACE:advae::warnings>)
endfunction()

# Makes a library part of what is installed for programs elsewhere (AdvaeInstall.cmake), as advae::NAME.
# HEADERS are those that their sources may include, of the repository or GENERATED in the folder's build
# folder.
function(advae_export name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;GENERATED")
  # For shared libraries, too. Otherwise compiled as for programs: nobody replaces its functions.
  set_target_properties(advae_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_compile_options(advae_${name} PRIVATE -fno-semantic-interposition)
  if(arg_HEADERS)
    target_sources(advae_${name} PUBLIC
      FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  endif()
  if(arg_GENERATED)
    list(TRANSFORM arg_GENERATED PREPEND ${CMAKE_CURRENT_BINARY_DIR}/)
    target_sources(advae_${name} PUBLIC
      FILE_SET generated TYPE HEADERS BASE_DIRS ${CMAKE_CURRENT_BINARY_DIR} FILES ${arg_GENERATED})
  endif()
  set_property(GLOBAL APPEND PROPERTY ADVAE_EXPORTED advae_${name})
endfunction()

# Gives a program that serves gRPC an allocator that keeps freed memory. glibc's gives that of each
# message back to the system and asks for it anew, which takes longer than the rest of a call. Defines
# ADVAE_TCMALLOC.
function(advae_use_tcmalloc program)
  if(NOT ADVAE_SANITIZE)  # sanitizers have allocators of their own
    target_link_libraries(${program} PRIVATE PkgConfig::tcmalloc)
    target_compile_definitions(${program} PRIVATE ADVAE_TCMALLOC)
  endif()
endfunction()

# One GoogleTest program for a folder of tests.
function(advae_test name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE advae::flags advae::warnings GTest::gmock_main)
  # GoogleTest's printer of messages sets off a false alarm of GCC 12 (its bug 105651).
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600)
endfunction()
