#ifndef ADVAE_REPORT_ASSETS_H_
#define ADVAE_REPORT_ASSETS_H_

namespace advae {

// Files that the build embeds; see CMakeLists.txt.
extern const char kChartScript[];  // Chart.js, with its copyright notice
extern const char kPageScript[];   // page.js
extern const char kPageStyle[];    // page.css

}  // namespace advae

#endif  // ADVAE_REPORT_ASSETS_H_
