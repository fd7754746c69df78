#ifndef ADVAE_MODEL_BASE_DECIMAL_TEXT_H_
#define ADVAE_MODEL_BASE_DECIMAL_TEXT_H_

#include <string>

namespace advae {

// The shortest decimal text that reads back as `value`: whole numbers below 1e15 in full, such as
// "100000", others as "0.1" or "1e-07". Equal numbers have equal texts, also 0 and -0.
std::string DecimalText(double value);
// The same for a 32-bit float: "0.1", too.
std::string DecimalText(float value);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_DECIMAL_TEXT_H_
