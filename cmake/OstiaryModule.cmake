# ostiary_module(NAME SOURCES ... [TESTS ...] [PUBLIC ...] [PRIVATE ...])
#
# One module of ARCHITECTURE.md: a static library `ostiary_NAME` and, where TESTS are
# given, one test program `NAME_test`. PUBLIC and PRIVATE take link targets; a name
# without `::` or a prefix is another module.
function(ostiary_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;PUBLIC;PRIVATE" ${ARGN})
  set(target ostiary_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(OSTIARY_PCH)
    target_precompile_headers(${target} REUSE_FROM ostiary_precompiled)
  endif()
  if(ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE ${target} ${ARG_PRIVATE} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE OSTIARY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    ostiary_quick_to_build(${name}_test)
    if(OSTIARY_PCH)
      target_precompile_headers(${name}_test REUSE_FROM ostiary_precompiled_test)
    endif()
    include(GoogleTest)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS ${name})
  endif()
endfunction()

# ostiary_program(TARGET): a program that is optimised as a whole where OSTIARY_LTO is on.
function(ostiary_program target)
  if(OSTIARY_LTO)
    target_link_options(${target} PRIVATE -flto=thin -fuse-ld=lld -Wl,--fat-lto-objects
                        -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache)
  endif()
endfunction()

# ostiary_quick_to_build(TARGET): a test's own code is run once and not worth an optimiser's time, which would be
# half of a whole build. What it tests is optimised.
function(ostiary_quick_to_build target)
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    target_compile_options(${target} PRIVATE -O0 -U_FORTIFY_SOURCE -fno-lto -fno-fat-lto-objects)
  endif()
endfunction()
