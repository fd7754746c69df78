#ifndef ADVAE_SERVER_MONITORING_TRACE_PARENT_H_
#define ADVAE_SERVER_MONITORING_TRACE_PARENT_H_

#include <string_view>

namespace advae {

// The metadata key of W3C Trace Context.
inline constexpr char kTraceParentKey[] = "traceparent";

// The trace id, 32 hexadecimal digits, of a `traceparent` (W3C Trace Context, section 3.2:
// version-traceid-parentid-flags). Empty when it is not valid. A part of `trace_parent`.
std::string_view TraceId(std::string_view trace_parent);

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_TRACE_PARENT_H_
