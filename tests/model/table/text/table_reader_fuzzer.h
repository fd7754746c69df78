#ifndef ADVAE_TESTS_MODEL_TABLE_TEXT_TABLE_READER_FUZZER_H_
#define ADVAE_TESTS_MODEL_TABLE_TEXT_TABLE_READER_FUZZER_H_

#include <cstddef>
#include <cstdint>

// Ends the program when a table of any columns in these bytes is not read as it should. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // ADVAE_TESTS_MODEL_TABLE_TEXT_TABLE_READER_FUZZER_H_
