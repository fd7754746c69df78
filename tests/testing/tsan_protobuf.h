#ifndef ADVAE_TESTS_TESTING_TSAN_PROTOBUF_H_
#define ADVAE_TESTS_TESTING_TSAN_PROTOBUF_H_

// Comes before every source under ThreadSanitizer. There, Protobuf's map fields have a member more,
// which the system's library, built without, does not know: messages with maps would differ in
// size. The standard library's headers come first, as they are to see the macro.

#include <memory>

#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#define __SANITIZE_THREAD__ 1

#endif  // ADVAE_TESTS_TESTING_TSAN_PROTOBUF_H_
