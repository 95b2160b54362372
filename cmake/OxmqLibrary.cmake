# The library as cargo builds it, under the names that libzmq has, in the build tree:
#
#   lib/libzmq.so.5.2.5, lib/libzmq.so.5, lib/libzmq.so, lib/libzmq.a
#
# and the targets `libzmq` and `libzmq-static` for the programs of this tree.
find_program(CARGO cargo HINTS $ENV{HOME}/.cargo/bin REQUIRED)

set(OXMQ_ABI 5.2.5)
set(OXMQ_LIBRARY_DIR ${CMAKE_CURRENT_BINARY_DIR}/lib)
set(OXMQ_SHARED ${OXMQ_LIBRARY_DIR}/libzmq.so.${OXMQ_ABI})
set(OXMQ_LIBRARY ${OXMQ_LIBRARY_DIR}/libzmq.so.5)
set(OXMQ_SHARED_LINKS ${OXMQ_LIBRARY} ${OXMQ_LIBRARY_DIR}/libzmq.so)
set(OXMQ_STATIC ${OXMQ_LIBRARY_DIR}/libzmq.a)
file(MAKE_DIRECTORY ${OXMQ_LIBRARY_DIR})

# What a program needs besides that links the static library. tests/static_libs.rs compares the list
# with rustc's; libgcc_s, which is on that too, comes with the compiler, and has another name where
# the whole program is static.
set(OXMQ_STATIC_LIBRARIES util rt pthread m dl)

# Cargo knows by itself what is out of date, so it is asked every time.
add_custom_target(
  oxmq ALL
  COMMAND ${CARGO} build --release --locked --lib
          --manifest-path ${CMAKE_CURRENT_SOURCE_DIR}/Cargo.toml
          --target-dir ${OXMQ_CARGO_TARGET_DIR}
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OXMQ_CARGO_TARGET_DIR}/release/libzmq.so
          ${OXMQ_SHARED}
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OXMQ_CARGO_TARGET_DIR}/release/libzmq.a
          ${OXMQ_STATIC}
  COMMAND ${CMAKE_COMMAND} -E create_symlink libzmq.so.${OXMQ_ABI} libzmq.so.5
  COMMAND ${CMAKE_COMMAND} -E create_symlink libzmq.so.5 libzmq.so
  WORKING_DIRECTORY ${OXMQ_LIBRARY_DIR}
  BYPRODUCTS ${OXMQ_SHARED} ${OXMQ_SHARED_LINKS} ${OXMQ_STATIC}
  USES_TERMINAL
  COMMENT "Building the library with cargo")

add_library(libzmq SHARED IMPORTED GLOBAL)
set_target_properties(
  libzmq
  PROPERTIES IMPORTED_LOCATION ${OXMQ_LIBRARY}
             IMPORTED_SONAME libzmq.so.5
             INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_SOURCE_DIR}/include)
add_dependencies(libzmq oxmq)

add_library(libzmq-static STATIC IMPORTED GLOBAL)
set_target_properties(
  libzmq-static
  PROPERTIES IMPORTED_LOCATION ${OXMQ_STATIC}
             INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_SOURCE_DIR}/include
             INTERFACE_LINK_LIBRARIES "${OXMQ_STATIC_LIBRARIES}")
add_dependencies(libzmq-static oxmq)
