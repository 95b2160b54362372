# Runs a test once more under each mode that can be forced upon the library (src/sys/modes.rs): what a
# program sees must not depend on which thread does the work.
#
#   oxmq_repeat_in_modes(TEST [EXCEPT MODE...] [LOCK RESOURCE...] COMMAND ...)
#
# adds mode.MODE.TEST for each MODE, with the label `modes`. They have the properties that TEST has, so
# call it when those are set. What has a RESOURCE in common does not run at the same time.
set(OXMQ_MODES io_threads no_spin no_membarrier two_io_threads four_io_threads)
set(OXMQ_MODE_io_threads OXMQ_DRIVE=io-threads)
set(OXMQ_MODE_no_spin OXMQ_SPIN=off)
set(OXMQ_MODE_no_membarrier OXMQ_MEMBARRIER=off)
set(OXMQ_MODE_two_io_threads OXMQ_IO_THREADS=2)
set(OXMQ_MODE_four_io_threads OXMQ_IO_THREADS=4)

function(oxmq_repeat_in_modes test)
  cmake_parse_arguments(PARSE_ARGV 1 repeat "" "" "EXCEPT;LOCK;COMMAND")
  foreach(mode ${OXMQ_MODES})
    if(mode IN_LIST repeat_EXCEPT)
      continue()
    endif()
    set(repeated mode.${mode}.${test})
    add_test(NAME ${repeated} COMMAND ${repeat_COMMAND})
    foreach(property TIMEOUT WORKING_DIRECTORY SKIP_RETURN_CODE)
      get_test_property(${test} ${property} value)
      if(value)
        set_tests_properties(${repeated} PROPERTIES ${property} ${value})
      endif()
    endforeach()
    get_test_property(${test} ENVIRONMENT environment)
    if(NOT environment)
      set(environment "")
    endif()
    # Some use fixed names of files and endpoints: never the same program twice at a time.
    set(locks ${test} ${repeat_LOCK})
    set_tests_properties(
      ${repeated} PROPERTIES LABELS modes RESOURCE_LOCK "${locks}"
                             ENVIRONMENT "${environment};${OXMQ_MODE_${mode}}")
  endforeach()
endfunction()
