#ifndef ADVAE_MODEL_BASE_COMPOSED_TEXT_H_
#define ADVAE_MODEL_BASE_COMPOSED_TEXT_H_

#include <string>
#include <string_view>

namespace advae {

// `text` with letters and the marks that follow them as one character, where Unicode has one: "o"
// and U+0308 become "\u00f6". Texts that look the same, but were written by programs that compose
// letters and by ones that do not, such as those of macOS, become equal. For Latin, Greek, Cyrillic
// and Japanese letters, as NFC has them; everything else stays as it is, what is not UTF-8, too.
std::string Composed(std::string_view text);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_COMPOSED_TEXT_H_
