# Flags of every target: warnings, sanitizers, coverage, and the quick linker and
# compiler cache where the machine has them.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(OSTIARY_CCACHE ccache)
if(OSTIARY_CCACHE)
  # What a precompiled header defines is part of what ccache compares; the words let it trust that.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${OSTIARY_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(OSTIARY_MOLD mold)
if(OSTIARY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Optimising over files is worth 6 % of the gate's processor time at small prompts. Objects hold machine code
# beside what the linker optimises, so that only what ostiary_program() names is linked the slow way.
option(OSTIARY_LTO "thin link-time optimisation of the programs (clang with its own lld and llvm-ar)" OFF)
if(OSTIARY_LTO)
  add_compile_options(-flto=thin -ffat-lto-objects)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result
                    -fstack-protector-strong)
if(NOT CMAKE_BUILD_TYPE STREQUAL Release)
  add_compile_options(-fno-omit-frame-pointer)
endif()
add_compile_definitions(_FILE_OFFSET_BITS=64)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")
add_link_options(-Wl,-z,relro,-z,now)

set(OSTIARY_SANITIZE "" CACHE STRING "sanitizers, comma separated")
if(OSTIARY_SANITIZE)
  add_compile_options(-fsanitize=${OSTIARY_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${OSTIARY_SANITIZE})
else()
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()

option(OSTIARY_COVERAGE "source-based coverage" OFF)
if(OSTIARY_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
