"""How a client reaches its server: address, TLS, token, limits and retries."""

import os
import pathlib
import pkgutil
import re
import warnings

DEFAULT_SERVER = "127.0.0.1:50051"

# Answers with explanations grow with the number of features. A call can be retried while its
# request is kept, so the largest request must fit.
_MAX_RECEIVED_BYTES = 256 << 20
_RETRY_BUFFER_BYTES = 64 << 20
# While calls are open: a server that says nothing is asked, and given up without an answer.
_KEEPALIVE_MS = 30_000
_KEEPALIVE_TIMEOUT_MS = 20_000


class Connection:
    """Settings of a client, from its arguments or, where these are None, the variables of the
    `advae` command. Paths are read here, but for the token's, which is read for each call: it may
    change.
    """

    def __init__(
        self,
        server=None,
        tls_ca=None,
        tls_cert=None,
        tls_key=None,
        token=None,
        token_file=None,
        tls=None,
        tls_server_name=None,
        environment=None,
    ):
        environment = os.environ if environment is None else environment
        self.target = server or environment.get("ADVAE_SERVER") or DEFAULT_SERVER
        ca = _read(tls_ca or environment.get("ADVAE_TLS_CA"))
        cert = _read(tls_cert or environment.get("ADVAE_TLS_CERT"))
        key = _read(tls_key or environment.get("ADVAE_TLS_KEY"))
        if (cert is None) != (key is None):
            raise ValueError("tls_cert and tls_key belong together; expected both or none")
        if token is not None and token_file is not None:
            raise ValueError("both token and token_file were given; expected one")
        self.is_secure = tls if tls is not None else ca is not None or cert is not None
        if not self.is_secure and (ca is not None or cert is not None):
            raise ValueError("tls is False, but certificates were given; expected one or the other")
        self._certificates = {
            "root_certificates": ca,
            "private_key": key,
            "certificate_chain": cert,
        }
        self._server_name = tls_server_name
        self._token = _check_token(token) if token is not None else None
        self._token_file = None
        if token is None:
            self._token_file = token_file or environment.get("ADVAE_TOKEN_FILE") or None
        if self._token_file is not None:
            self.metadata()  # an error in the file is one of the constructor
        if (token or self._token_file) and not self.is_secure and not _is_loopback(self.target):
            warnings.warn(
                f"the token goes to {self.target} without TLS, where others may read it; "
                "expected tls_ca, or tls=True",
                stacklevel=3,
            )

    def options(self):
        """The arguments of a channel."""
        config = pkgutil.get_data(__package__, "service_config.json").decode()
        options = [
            ("grpc.max_receive_message_length", _MAX_RECEIVED_BYTES),
            ("grpc.per_rpc_retry_buffer_size", _RETRY_BUFFER_BYTES),
            ("grpc.service_config", config),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ]
        if self._server_name is not None:
            options.append(("grpc.ssl_target_name_override", self._server_name))
        return options

    def open(self, grpc):
        """A channel of the module grpc or grpc.aio."""
        if not self.is_secure:
            return grpc.insecure_channel(self.target, options=self.options())
        import grpc as base  # pylint: disable=import-outside-toplevel

        credentials = base.ssl_channel_credentials(**self._certificates)
        return grpc.secure_channel(self.target, credentials, options=self.options())

    def metadata(self):
        """What goes along with each call."""
        token = self._token
        if self._token_file is not None:
            token = _check_token(pathlib.Path(self._token_file).read_text(encoding="utf-8").strip())
        return () if token is None else (("authorization", f"Bearer {token}"),)


def _read(path):
    return pathlib.Path(path).read_bytes() if path else None


def _is_loopback(target):
    if target.startswith("unix:"):
        return True
    host = re.sub(r"^(dns|ipv4|ipv6):/*", "", target).rpartition(":")[0].strip("[]")
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d+){3}", host) is not None


def _check_token(token):
    # Not with the token in the message: errors are logged.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("the token is empty or has blanks or characters that no token has")
    return token
