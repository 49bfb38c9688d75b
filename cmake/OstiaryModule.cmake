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
  if(ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE ${target} ${ARG_PRIVATE} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE OSTIARY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    include(GoogleTest)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS ${name})
  endif()
endfunction()
