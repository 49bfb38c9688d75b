# ostiary_embed(TARGET SYMBOL FILE)
#
# Puts FILE's bytes into the read-only data of TARGET, between the C symbols SYMBOL_begin
# and SYMBOL_end. A changed file is embedded again.
function(ostiary_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.embedded.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
__asm__(
    ".pushsection .rodata\n"
    ".balign 16\n"
    ".global @symbol@_begin\n"
    "@symbol@_begin:\n"
    ".incbin \"@file@\"\n"
    ".global @symbol@_end\n"
    "@symbol@_end:\n"
    ".popsection\n");
]] @ONLY)
  # Not as bitcode: the linker's cache of optimised modules knows their text, which names the file, and not what
  # stands in it.
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} COMPILE_OPTIONS -fno-lto)
  target_sources(${target} PRIVATE ${source})
endfunction()
