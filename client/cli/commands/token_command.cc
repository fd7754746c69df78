#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/commands/command.h"
#include "client/cli/record_writer.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(The file is what advae-server --tokens=FILE reads; a running server takes up
changes within seconds. It has hashes only: replace a lost token by a new one.
A grant with --certificate or --subject has no token of its own: its callers show
a client certificate, or a JSON Web Token that the server's --jwt_keys check.

Examples:
  advae token create --file=tokens.json --name=fraud-team --role=scorer \
    --models='card-*' > fraud-team.token
  advae --token-file=fraud-team.token score card-eu --data=today.csv
  advae token create --file=tokens.json --name=pipeline --role=trainer \
    --subject=system:serviceaccount:etl:pipeline
  advae token list --file=tokens.json
  advae token revoke --file=tokens.json --name=fraud-team)";

struct TokenOptions {
  std::string file;
  std::string name;
  std::string role;
  std::vector<std::string> models = {"*"};
  bool certificate = false;
  std::string subject;
  std::string id;
};

// Revokes a grant whose token nobody has seen.
absl::Status TakeBack(const TokenOptions& options, const std::string& id) {
  const absl::Status revoked = EditTokenFile(options.file, [&id](std::vector<Grant>& grants) {
    std::erase_if(grants, [&id](const Grant& grant) { return grant.id == id; });
    return absl::OkStatus();
  });
  const std::string failure = "cannot write the token to standard output";
  if (revoked.ok()) return absl::DataLossError(absl::StrCat(failure, "; it was revoked"));
  return absl::DataLossError(
      absl::StrCat(failure, ", and it could not be revoked (id ", id, "): ", revoked.message()));
}

// The token goes to standard output alone, so that it can be sent to a file.
absl::Status Create(const TokenOptions& options, CliStreams& streams, OutputFormat /*format*/) {
  Grant grant = {
      .name = options.name,
      .role = *RoleNamed(options.role),
      .models = options.models,
      .subject = options.subject,
      .created = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone())};
  std::string token;
  if (!options.certificate && options.subject.empty()) {
    ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grant));
  }
  const std::string id = grant.id;
  ADVAE_RETURN_IF_ERROR(EditTokenFile(options.file, [&grant](std::vector<Grant>& grants) {
    grants.push_back(std::move(grant));
    return absl::OkStatus();
  }));
  // A closed pipe has to fail the write, not end the program before it can take the token back.
  std::signal(SIGPIPE, SIG_IGN);
  if (token.empty() || streams.out << token << std::endl) return absl::OkStatus();
  return TakeBack(options, id);
}

const char* KindOf(const Grant& grant) {
  if (grant.is_token()) return "token";
  return grant.is_subject() ? "subject" : "certificate";
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

absl::Status List(const TokenOptions& options, CliStreams& streams, OutputFormat format) {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<Grant> grants, ReadTokenFile(options.file));
  const auto writer = RecordWriter::Create(
      format, {"name", "role", "models", "kind", "id", "created", "subject"}, streams.out);
  for (const Grant& grant : grants) {
    writer->Write({grant.name, NameOf(grant.role), grant.models, KindOf(grant),
                   TextOrNull(grant.id), TextOrNull(grant.created), TextOrNull(grant.subject)});
  }
  writer->Finish();
  return absl::OkStatus();
}

bool IsMeant(const TokenOptions& options, const Grant& grant) {
  if (!options.id.empty()) return grant.id == options.id;
  if (!options.subject.empty()) return grant.subject == options.subject;
  return grant.name == options.name;
}

std::string DescriptionOf(const TokenOptions& options) {
  if (!options.id.empty()) return absl::StrCat("with the id ", options.id);
  if (!options.subject.empty()) return absl::StrCat("of the subject \"", options.subject, "\"");
  return absl::StrCat("named \"", options.name, "\"");
}

absl::Status Revoke(const TokenOptions& options, CliStreams& streams, OutputFormat format) {
  size_t revoked = 0;
  ADVAE_RETURN_IF_ERROR(EditTokenFile(options.file, [&](std::vector<Grant>& grants) {
    revoked =
        std::erase_if(grants, [&options](const Grant& grant) { return IsMeant(options, grant); });
    if (revoked > 0) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat(options.file, " has no grant ", DescriptionOf(options),
                                            "; `advae token list` shows what there is"));
  }));
  WriteObject(format, {{"revoked", revoked}}, streams.out);
  return absl::OkStatus();
}

using Run = absl::Status (*)(const TokenOptions&, CliStreams&, OutputFormat);

CLI::App& AddTokenAction(CLI::App& token, LocalAction& action, const char* name,
                         const char* description, const std::shared_ptr<TokenOptions>& options,
                         Run run) {
  CLI::App& command = *token.add_subcommand(name, description);
  command.add_option("--file", options->file, "The token file")->type_name("FILE")->required();
  command.callback([options, run, &action] {
    action = [options, run](CliStreams& streams, OutputFormat format) {
      return run(*options, streams, format);
    };
  });
  return command;
}

}  // namespace

void AddTokenCommand(CLI::App& app, LocalAction& action) {
  CLI::App& token = *app.add_subcommand("token", "Edit the token file of a server");
  token.require_subcommand(1);
  token.footer(kFooter);
  const auto options = std::make_shared<TokenOptions>();
  CLI::App& create =
      AddTokenAction(token, action, "create", "Make a token and print it; it cannot be shown again",
                     options, Create);
  create.add_option("--name", options->name, "Name of the caller, for quotas and the log")
      ->type_name("NAME")
      ->required();
  create
      .add_option("--role", options->role,
                  "What it may do; each role may do what those before it may")
      ->check(CLI::IsMember({"viewer", "scorer", "trainer", "admin"}))
      ->required();
  create
      .add_option("--models", options->models,
                  "For which models; * stands for any characters; repeatable")
      ->type_name("PATTERN")
      ->delimiter(',')
      ->capture_default_str();
  auto* const certificate =
      create.add_flag("--certificate", options->certificate,
                      "Make no token: NAME is the name in a client certificate");
  create
      .add_option("--subject", options->subject,
                  "Make no token: the caller shows JSON Web Tokens of this subject (sub)")
      ->type_name("TEXT")
      ->check([](const std::string& text) {
        return IsSubject(text) ? "" : "expected printable ASCII characters without spaces";
      })
      ->excludes(certificate);
  AddTokenAction(token, action, "list", "Show who may do what", options, List);
  CLI::App& revoke = AddTokenAction(token, action, "revoke", "Revoke tokens", options, Revoke);
  auto* const name =
      revoke.add_option("--name", options->name, "All tokens with this name")->type_name("NAME");
  auto* const id =
      revoke.add_option("--id", options->id, "The token with this id")->type_name("ID");
  auto* const subject =
      revoke.add_option("--subject", options->subject, "The grant of this subject")
          ->type_name("TEXT");
  name->excludes(id)->excludes(subject);
  id->excludes(subject);
  revoke.callback([options, &action, &revoke] {
    if (options->name.empty() && options->id.empty() && options->subject.empty()) {
      throw CLI::RequiredError("--name, --id or --subject");
    }
    action = [options](CliStreams& streams, OutputFormat format) {
      return Revoke(*options, streams, format);
    };
  });
}

}  // namespace advae
