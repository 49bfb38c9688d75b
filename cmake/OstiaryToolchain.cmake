# Flags of every target: warnings, sanitizers, coverage, and the quick linker and
# compiler cache where the machine has them.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(OSTIARY_CCACHE ccache)
if(OSTIARY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${OSTIARY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OSTIARY_CCACHE})
endif()

find_program(OSTIARY_MOLD mold)
if(OSTIARY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Every x86-64 machine of the last ten years has these; the hot loops want them, and
# what goes further (AVX2) is chosen at run time.
add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result
                    -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions(_FILE_OFFSET_BITS=64)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
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
