# cmake -D SOURCE=… -D TEMPLATE=… -D OUTPUT=… -D OSTIARY_VERSION=… -P version.cmake
#
# Writes the version's source file when what it says has changed. The commit is empty where git or the checkout is missing.
find_package(Git QUIET)
set(OSTIARY_COMMIT "")
if(GIT_FOUND)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE OSTIARY_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
