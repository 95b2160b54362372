#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| zmq::testing::fuzz::options(bytes));
