#ifndef ADVAE_SERVER_HTTP_ALLOWED_HOSTS_H_
#define ADVAE_SERVER_HTTP_ALLOWED_HOSTS_H_

#include <string>
#include <string_view>
#include <vector>

namespace advae {

// The names by which clients may call a server (the header Host; RFC 9110, section 7.2). A server
// on loopback that asks nobody who he is must not answer to all: the name of a page in a browser
// may be made to lead to this machine, and the page then reads what programs here may ("DNS
// rebinding").
class AllowedHosts {
 public:
  // All names.
  AllowedHosts() = default;
  // Those of the loopback (localhost, names below it, its addresses) and `names`, written in any
  // case.
  explicit AllowedHosts(std::vector<std::string> names);

  // `host` is NAME or NAME:PORT; an empty one, as programs may send and browsers do not, is
  // allowed.
  bool Allow(std::string_view host) const;

 private:
  bool all_ = true;
  std::vector<std::string> names_;  // in lower case
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_ALLOWED_HOSTS_H_
