#include "server/options.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace advae {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int>::max();
constexpr uint64_t kKibibyte = uint64_t{1} << 10;
constexpr uint64_t kMebibyte = uint64_t{1} << 20;
constexpr uint64_t kPebibyte = uint64_t{1} << 50;
constexpr absl::Duration kMillisecond = absl::Milliseconds(1);
constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kHour = absl::Hours(1);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kForever = absl::InfiniteDuration();

std::string TextOf(absl::Duration value) { return absl::FormatDuration(value); }
template <typename Integer>
std::string TextOf(Integer value) {
  return absl::StrCat(value);
}

bool ParseAs(std::string_view text, absl::Duration& value) {
  return absl::ParseDuration({text.data(), text.size()}, &value);
}
template <typename Integer>
bool ParseAs(std::string_view text, Integer& value) {
  return absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &value);
}

// A value between `least` and `most`, both included.
template <typename Value>
Option Between(const std::string& name, Value& value, std::type_identity_t<Value> least,
               std::type_identity_t<Value> most, const std::string& help) {
  const std::string range = absl::StrCat(TextOf(least), " to ", TextOf(most));
  constexpr const char* kKind = std::is_same_v<Value, absl::Duration>
                                    ? "a duration with a unit, such as 90s,"
                                    : "a whole number";
  return {.name = name,
          .help = help,
          .parse =
              [&value, range](std::string_view text) {
                if (ParseAs(text, value)) return absl::OkStatus();
                return absl::InvalidArgumentError(absl::StrCat("expected ", kKind, " of ", range));
              },
          .print = [&value] { return TextOf(value); },
          .check =
              [&value, least, most, name, range] {
                if (value >= least && value <= most) return absl::OkStatus();
                return absl::InvalidArgumentError(
                    absl::StrCat("--", name, " is ", TextOf(value), "; expected ", range));
              }};
}

// A text, which Validate checks where it has to have a form.
template <typename Value>  // std::string or std::filesystem::path
Option Text(
    const std::string& name, Value& value, const std::string& help,
    const std::function<absl::Status()>& check = [] { return absl::OkStatus(); }) {
  return {.name = name,
          .help = help,
          .parse =
              [&value](std::string_view text) {
                value = text;
                return absl::OkStatus();
              },
          .print = [&value] { return static_cast<std::string>(value); },
          .check = check};
}

Option Switch(const std::string& name, bool& value, const std::string& help) {
  return {.name = name,
          .help = help,
          .parse =
              [&value](std::string_view text) {
                value = text == "true";
                if (value || text == "false") return absl::OkStatus();
                return absl::InvalidArgumentError("expected true or false");
              },
          .print = [&value] { return std::string(value ? "true" : "false"); },
          .check = [] { return absl::OkStatus(); },
          .is_switch = true};
}

Option Address(const std::string& name, std::string& value, const std::string& help,
               bool may_be_empty = false) {
  return Text(name, value, help, [name, &value, may_be_empty] {
    if (may_be_empty && value.empty()) return absl::OkStatus();
    const size_t colon = value.rfind(':');
    uint32_t port = 0;
    if (colon != std::string::npos && colon > 0 &&
        absl::SimpleAtoi(value.substr(colon + 1), &port) &&
        port <= std::numeric_limits<uint16_t>::max()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "--", name, " is \"", value, "\"; expected HOST:PORT with a port of 0 to 65535"));
  });
}

std::vector<Option> AddressesOf(ServerConfig& config) {
  return {
      Text("repository", config.repository, "folder of the models; created if missing (required)",
           [&config] {
             if (!config.repository.empty()) return absl::OkStatus();
             return absl::InvalidArgumentError(
                 "--repository is missing; expected the folder with the models, which may be "
                 "empty");
           }),
      Switch("read_only", config.read_only,
             "true or false: whether the server changes nothing in the repository, which has to "
             "exist, and refuses calls that would with FAILED_PRECONDITION"),
      Address("listen", config.listen, "HOST:PORT for gRPC; port 0 picks a free one"),
      Address("admin_listen", config.admin_listen,
              "HOST:PORT for gRPC where models can be changed, as they then cannot at --listen and "
              "over HTTP, whoever asks; port 0 picks a free one; by default --listen is for all",
              /*may_be_empty=*/true),
      Address("metrics_listen", config.metrics_listen,
              "IP:PORT for Prometheus, at /metrics; port 0 picks a free one"),
      Address("http_listen", config.http_listen,
              "HOST:PORT for HTTP, such as 127.0.0.1:8080; port 0 picks a free one; by default "
              "there is no HTTP",
              /*may_be_empty=*/true),
      Text("http_hosts", config.http_hosts,
           "names, separated by commas, by which clients such as a proxy may call the metrics and "
           "HTTP ports (the header Host) when these are on loopback and there are neither tokens "
           "nor client certificates; by default only those of the loopback; * stands for all")};
}

absl::Status CheckJwt(const SecurityConfig& security) {
  const bool is_named = !security.jwt.issuer.empty() && !security.jwt.audience.empty();
  if (security.jwt_keys.empty()) {
    if (security.jwt.issuer.empty() && security.jwt.audience.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("--jwt_issuer and --jwt_audience need --jwt_keys");
  }
  if (!is_named) {
    return absl::InvalidArgumentError(
        "--jwt_keys needs --jwt_issuer and --jwt_audience: a token for another service must not "
        "open this one");
  }
  if (!security.tokens.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--jwt_keys needs --tokens, whose file says what each subject may do");
}

std::vector<Option> SecurityOf(ServerConfig& config) {
  SecurityConfig& security = config.security;
  TlsFiles& tls = security.tls;
  return {
      Text("tls_cert", tls.cert,
           "file with the server's certificate and those between it and its authority, in PEM: all "
           "ports speak TLS; by default none does",
           [&tls] {
             if (tls.cert.empty() == tls.key.empty()) return absl::OkStatus();
             return absl::InvalidArgumentError(
                 "--tls_cert and --tls_key belong together; got only one of them");
           }),
      Text("tls_key", tls.key,
           "file with the key of --tls_cert, in PEM, without a password; by default there is none"),
      Text("tls_client_ca", tls.client_ca,
           "file with the authorities of the clients' certificates, in PEM: each client must have "
           "one; by default none is asked for",
           [&tls] {
             if (tls.client_ca.empty() || tls.enabled()) return absl::OkStatus();
             return absl::InvalidArgumentError("--tls_client_ca needs --tls_cert and --tls_key");
           }),
      Text("tokens", security.tokens,
           "token file, as `advae token create` makes it; by default everybody may do everything"),
      Text("jwt_keys", security.jwt_keys,
           "file with the public keys (a JWK set) of the issuer of JSON Web Tokens, which callers "
           "may "
           "then show; by default no such tokens are taken",
           [&security] { return CheckJwt(security); }),
      Text("jwt_issuer", security.jwt.issuer,
           "issuer (iss) that JSON Web Tokens must have; required with --jwt_keys"),
      Text("jwt_audience", security.jwt.audience,
           "audience (aud) that JSON Web Tokens must be for; required with --jwt_keys"),
      Text("quotas", security.quotas,
           "file of what each caller may use: rows a second, calls, streams and trainings at once, "
           "and its weight in the queue; by default as much as it likes",
           [&security] {
             const bool asks = !security.tokens.empty() || !security.tls.client_ca.empty();
             if (security.quotas.empty() || asks) return absl::OkStatus();
             return absl::InvalidArgumentError(
                 "--quotas needs --tokens or --tls_client_ca: without them the server does not "
                 "know who calls");
           }),
      Switch("open_health", security.open_health, "answer health checks without a token"),
      Switch("allow_plaintext", security.allow_plaintext,
             "let other machines reach ports without TLS")};
}

std::vector<Option> BatchingOf(ServerConfig& config) {
  BatchLimits& batching = config.batching;
  return {Between("scoring_threads", config.scoring_threads, 1, 1024,
                  "threads that score; by default one per core"),
          Between("max_batch_rows", batching.max_batch_rows, 1, 1'000'000,
                  "rows that a scoring thread takes at a time"),
          Between("max_batch_delay", batching.max_batch_delay, absl::ZeroDuration(), 10 * kSecond,
                  "how long a partly filled batch waits for more rows while a thread is free"),
          Between("max_queued_rows", batching.max_queued_rows, 1, 1'000'000'000,
                  "rows that may wait, over all requests; further ones are refused with "
                  "RESOURCE_EXHAUSTED"),
          Between("max_queue_wait", batching.max_queue_wait, kMillisecond, kHour,
                  "how long a request without a deadline may wait; one that would wait longer is "
                  "refused with RESOURCE_EXHAUSTED, as is one that would miss its deadline"),
          Between("max_request_rows", batching.max_request_rows, 1, 1'000'000'000,
                  "rows in one Score request or ScoreStream message; more are refused with "
                  "INVALID_ARGUMENT")};
}

// Its shares may be set beside it, as long as they are no more than it.
Option MaxMemory(ServerConfig& config) {
  Option option = Between("max_memory", config.max_memory, 0, kPebibyte,
                          "bytes of memory for versions, messages being received and calls "
                          "together, of which the limits of each get their shares unless they are "
                          "set; 0: each limit is by itself");
  option.check = [&config, in_range = option.check] {
    absl::Status status = in_range();
    const uint64_t shares = config.BudgetedMemory();
    if (!status.ok() || config.max_memory == 0 || shares <= config.max_memory) return status;
    return absl::InvalidArgumentError(absl::StrCat(
        "--max_models_memory, --max_receive_bytes and --max_call_bytes are ", shares,
        " bytes together; expected at most --max_memory, which is ", config.max_memory));
  };
  return option;
}

std::vector<Option> MemoryOf(ServerConfig& config) {
  return {
      MaxMemory(config),
      Between("max_message_bytes", config.max_message_bytes, kKibibyte, kMaxInt,
              "largest message that a client may send, in bytes"),
      Between("max_receive_bytes", config.max_receive_bytes, kMebibyte, kPebibyte,
              "bytes of memory for messages being received, over all clients"),
      Between("max_call_bytes", config.max_call_bytes, kMebibyte, kPebibyte,
              "bytes of memory for the parsed messages and answers of all calls; calls beyond it "
              "are refused with RESOURCE_EXHAUSTED"),
      Between("max_response_bytes", config.max_response_bytes, kKibibyte, kMaxInt,
              "largest answer in bytes; a request for more is refused"),
      Between("max_models_memory", config.max_models_memory, kMebibyte, kPebibyte,
              "bytes of memory for versions, including loading; those that do not fit are left "
              "out; by default half of what the machine and its control group allow")};
}

std::vector<Option> TransportOf(ServerConfig& config) {
  TransportLimits& transport = config.transport;
  return {
      Between("max_connections", transport.max_connections, 1, 1'000'000,
              "open connections, as far as descriptors allow; further ones are closed at once"),
      Between("max_streams", transport.max_streams, 1, 1'000'000, "open calls on one connection"),
      Between("max_connection_idle", transport.max_connection_idle, kSecond, kForever,
              "how long a connection without calls stays open"),
      Between("max_connection_age", transport.max_connection_age, kSecond, kForever,
              "age at which a connection takes no new calls, so that clients move to other "
              "servers"),
      Between("max_connection_age_grace", transport.max_connection_age_grace, kSecond, kForever,
              "how long the calls of a connection at that age may still take"),
      Between("keepalive_interval", transport.keepalive_interval, kSecond, kForever,
              "how often a silent client is pinged"),
      Between("min_ping_interval", transport.min_ping_interval, 10 * kMillisecond, kHour,
              "shortest interval between pings of an idle client"),
      Between("max_send_stall", transport.max_send_stall, kSecond, kDay,
              "how long a client may leave its answer unread before the call is cancelled"),
      Between("max_metadata_bytes", transport.max_metadata_bytes, kKibibyte, kMebibyte,
              "bytes of metadata in one call")};
}

std::vector<Option> JobsOf(ServerConfig& config) {
  return {
      Between("max_training_bytes", config.max_training_bytes, kKibibyte, kPebibyte,
              "largest set of training rows in bytes, 4 for each value"),
      Between("max_upload_idle", config.uploads.max_idle, 100 * kMillisecond, kDay,
              "how long a Train or ImportVersion call may go without sending a message"),
      Between("max_upload_time", config.uploads.max_time, kSecond, 7 * kDay,
              "how long the upload of a Train or ImportVersion call may take"),
      Between("max_training_memory", config.jobs.max_memory_bytes, kMebibyte, kPebibyte,
              "bytes of memory for each training or import; by default a quarter of what the "
              "machine and its control group allow, at most 4 GiB"),
      Between("max_jobs", config.jobs.max_jobs, 1, 1024,
              "trainings and imports that may run at once"),
      Text("trainer", config.jobs.trainer,
           "the advae-trainer program; by default the one beside this program"),
      Between("trainer_threads", config.jobs.threads_per_job, 1, 1024, "threads of each training")};
}

std::vector<Option> RestOf(ServerConfig& config) {
  return {
      Between("repository_poll_interval", config.repository_poll_interval, 10 * kMillisecond, kDay,
              "how often the repository is searched for changes by other processes"),
      Between("keep_deleted", config.keep_deleted, absl::ZeroDuration(), 3650 * kDay,
              "how long a deleted version can be restored, as `advae undelete` does, and takes its "
              "space on the disk; 0: it is removed at once"),
      Between("drain_delay", config.drain_delay, absl::ZeroDuration(), kHour,
              "how long the server goes on taking calls after SIGTERM, while it reports itself "
              "as not serving"),
      Between("drain_timeout", config.drain_timeout, absl::ZeroDuration(), kHour,
              "how long calls in flight may take after --drain_delay"),
      Between(
          "history_rows", config.history.rows, 0, 1000,
          "alarms of each model, and rows close to one, that the page of the HTTP port can show; "
          "0 keeps no values of rows"),
      Text("log_level", config.log_level, "debug, info, warning or error"),
      Text("log_format", config.log_format, "text or json")};
}

}  // namespace

std::vector<Option> OptionsOf(ServerConfig& config) {
  std::vector<Option> options;
  for (auto* group : {AddressesOf, SecurityOf, BatchingOf, MemoryOf, TransportOf, JobsOf, RestOf}) {
    for (Option& option : group(config)) options.push_back(std::move(option));
  }
  return options;
}

}  // namespace advae
