# Headers that nearly every source takes in, compiled once: `ostiary_precompiled` for modules and
# `ostiary_precompiled_test` for their tests. A source still includes what it uses: presets without OSTIARY_PCH, such
# as those of the sanitizers, find what is missing. A precompiled header names the folder it was made in, so that
# ccache shares objects between work trees only without it: -DOSTIARY_PCH=OFF.
option(OSTIARY_PCH "precompiled headers" OFF)
if(NOT OSTIARY_PCH)
  return()
endif()

function(ostiary_precompile target)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${target} OBJECT ${source})
  target_link_libraries(${target} PRIVATE fmt::fmt)
  # Without the time of its making the same headers give the same bytes, and ccache knows them again.
  target_compile_options(${target} PUBLIC "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${target} PRIVATE ${ARGN})
endfunction()

set(common <algorithm> <array> <charconv> <chrono> <cstdint> <expected> <filesystem> <functional> <map> <memory>
    <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <variant> <vector>
    <fmt/format.h>)
ostiary_precompile(ostiary_precompiled ${common})
ostiary_precompile(ostiary_precompiled_test ${common} <gmock/gmock.h> <gtest/gtest.h>)
target_link_libraries(ostiary_precompiled_test PRIVATE GTest::gmock)
ostiary_quick_to_build(ostiary_precompiled_test)
