#include "client/security.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr uint64_t kMaxTokenBytes = 16 << 10;

absl::StatusOr<std::string> ReadPem(const std::filesystem::path& path) {
  if (path.empty()) return "";
  ADVAE_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxSmallFileBytes));
  if (absl::StrContains(text, "-----BEGIN ")) return text;
  return absl::InvalidArgumentError(
      absl::StrCat(path.string(), " has no certificate or key in PEM"));
}

// A character of an HTTP header; no secret has others.
bool IsTokenCharacter(char c) { return c > ' ' && c <= '~'; }

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Of a host with or without a port.
bool IsLoopbackAddress(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "[::1]")) {
    return address.empty() ||
           (absl::ConsumePrefix(&address, ":") && std::ranges::all_of(address, IsDigit));
  }
  const absl::string_view host = address.substr(0, address.rfind(':'));
  if (host == "localhost") return true;
  return absl::StartsWith(host, "127.") &&
         std::ranges::all_of(host, [](char c) { return IsDigit(c) || c == '.'; });
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadTlsCredentials(
    const TlsFiles& files) {
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate needs its key, and the key its certificate; got only one of them");
  }
  grpc::SslCredentialsOptions options;
  ADVAE_ASSIGN_OR_RETURN(options.pem_root_certs, ReadPem(files.ca));
  ADVAE_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadPem(files.cert));
  ADVAE_ASSIGN_OR_RETURN(options.pem_private_key, ReadPem(files.key));
  return grpc::SslCredentials(options);
}

bool IsLoopbackTarget(const std::string& target) {
  absl::string_view rest = target;
  if (absl::StartsWith(rest, "unix:")) return true;
  const bool is_list = absl::StartsWith(rest, "ipv4:") || absl::StartsWith(rest, "ipv6:");
  for (const char* const scheme : {"dns:", "ipv4:", "ipv6:"}) absl::ConsumePrefix(&rest, scheme);
  if (absl::ConsumePrefix(&rest, "//")) rest = rest.substr(std::min(rest.find('/'), rest.size()));
  absl::ConsumePrefix(&rest, "/");
  if (!is_list) return IsLoopbackAddress(rest);
  const std::vector<absl::string_view> addresses = absl::StrSplit(rest, ',');
  return std::ranges::all_of(addresses, IsLoopbackAddress);
}

absl::StatusOr<std::shared_ptr<TokenFileReader>> TokenFileReader::Open(
    const std::filesystem::path& path) {
  const std::shared_ptr<TokenFileReader> reader(new TokenFileReader(path));
  absl::MutexLock lock(&reader->mutex_);
  ADVAE_RETURN_IF_ERROR(reader->Read());
  return reader;
}

std::string TokenFileReader::Token() {
  absl::MutexLock lock(&mutex_);
  if (HasChanged()) Read().IgnoreError();
  return token_;
}

absl::Status TokenFileReader::Read() {
  struct stat file = {};
  stat(path_.c_str(), &file);
  ADVAE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path_, kMaxTokenBytes));
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (token.empty() || !std::ranges::all_of(token, IsTokenCharacter)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_.string(),
                     " has no token; expected one line, as `advae token create` "
                     "prints it"));
  }
  token_ = static_cast<std::string>(token);
  read_ = file;
  return absl::OkStatus();
}

bool TokenFileReader::HasChanged() const {
  struct stat file = {};
  return stat(path_.c_str(), &file) != 0 || file.st_ino != read_.st_ino ||
         file.st_size != read_.st_size || file.st_mtim.tv_sec != read_.st_mtim.tv_sec ||
         file.st_mtim.tv_nsec != read_.st_mtim.tv_nsec;
}

}  // namespace advae
