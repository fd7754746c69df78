#ifndef ADVAE_CLIENT_CLI_SESSION_H_
#define ADVAE_CLIENT_CLI_SESSION_H_

#include <cstddef>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "client/cli/input_stop.h"
#include "client/cli/record_writer.h"
#include "client/client.h"

namespace advae {

// What a command reads and writes: results go to `out`, progress and messages to `err`.
struct CliStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // Tells how many characters a line of the terminal behind `err` has, at this moment: progress is
  // then drawn in place, not line by line. Unset: `err` is not a terminal.
  std::function<size_t()> err_columns = nullptr;
  // Ends what waits for rows, which then fail to be read.
  std::shared_ptr<const InputStop> stop = std::make_shared<InputStop>();
};

// What a command works with while it runs.
struct Session {
  Client& client;
  CliStreams& streams;
  OutputFormat format;
  std::string server;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_SESSION_H_
