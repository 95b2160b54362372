# Sets LIBZMQ_SOURCE_DIR, unless it is set: the tree of libzmq 4.3.5 that the crate `zeromq-src`
# ships. Cargo brings the crate into its cache; nothing of it is kept in this repository.
if(NOT LIBZMQ_SOURCE_DIR)
  find_program(CARGO cargo HINTS $ENV{HOME}/.cargo/bin REQUIRED)
  execute_process(
    COMMAND ${CARGO} metadata --format-version 1 --manifest-path
            ${CMAKE_CURRENT_LIST_DIR}/fetch/Cargo.toml
    OUTPUT_VARIABLE metadata
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "\"manifest_path\":\"([^\"]*/zeromq-src-[^\"]*)/Cargo.toml\"" match
               "${metadata}")
  if(NOT match)
    message(FATAL_ERROR "the crate zeromq-src could not be found; set LIBZMQ_SOURCE_DIR")
  endif()
  set(LIBZMQ_SOURCE_DIR "${CMAKE_MATCH_1}/vendor" CACHE PATH "tree of libzmq 4.3.5" FORCE)
endif()
