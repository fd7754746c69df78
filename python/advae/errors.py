"""Errors of calls, one class for each status code of gRPC."""

import grpc

from .details import ErrorDetails, of_rpc_error


class AdvaeError(Exception):
    """A call has failed: the base of all errors that this package raises for one.

    `code` is the name of the status, such as "NOT_FOUND", and `message` what the server says of it.
    `details` has what programs want to know: `field_violations` (each a `field` and a
    `description`), `retry_after` in seconds or None, and `resource` (its `type` and `name`) or
    None.
    """

    code = "UNKNOWN"

    def __init__(self, message, code=None, details=None):
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.details = details or ErrorDetails()

    def __str__(self):
        return f"{self.code}: {self.message}"

    def __reduce__(self):
        return type(self), (self.message, self.code, self.details)


class CancelledError(AdvaeError):
    """The call was cancelled."""

    code = "CANCELLED"


class InvalidArgumentError(AdvaeError, ValueError):
    """A malformed request: shape, name or parameter. The message says what was expected."""

    code = "INVALID_ARGUMENT"


class DeadlineExceededError(AdvaeError, TimeoutError):
    """The call's time limit has passed."""

    code = "DEADLINE_EXCEEDED"


class NotFoundError(AdvaeError, LookupError):
    """No such model or version."""

    code = "NOT_FOUND"


class AlreadyExistsError(AdvaeError):
    code = "ALREADY_EXISTS"


class PermissionDeniedError(AdvaeError, PermissionError):
    """The caller is known, but may not do this."""

    code = "PERMISSION_DENIED"


class ResourceExhaustedError(AdvaeError):
    """The server has no room for the call: it is overloaded, or the message is too large."""

    code = "RESOURCE_EXHAUSTED"


class FailedPreconditionError(AdvaeError):
    """The model is not in a state for this, for example training already."""

    code = "FAILED_PRECONDITION"


class AbortedError(AdvaeError):
    code = "ABORTED"


class OutOfRangeError(AdvaeError, ValueError):
    code = "OUT_OF_RANGE"


class UnimplementedError(AdvaeError, NotImplementedError):
    """The server cannot do this, for example train without its trainer."""

    code = "UNIMPLEMENTED"


class InternalError(AdvaeError):
    """Something has failed in the server or in its training process."""

    code = "INTERNAL"


class UnavailableError(AdvaeError, ConnectionError):
    """The server cannot be reached, or is starting or stopping."""

    code = "UNAVAILABLE"


class DataLossError(AdvaeError):
    code = "DATA_LOSS"


class UnauthenticatedError(AdvaeError, PermissionError):
    """The server does not know the caller: the token is missing, wrong or expired."""

    code = "UNAUTHENTICATED"


_BY_CODE = {
    kind.code: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, AdvaeError)
}


def from_rpc_error(error, target):
    """The exception for a grpc.RpcError of a call to the server at `target`."""
    code = error.code() if hasattr(error, "code") else grpc.StatusCode.UNKNOWN
    message = (error.details() if hasattr(error, "details") else None) or "no message"
    if code is grpc.StatusCode.UNAVAILABLE:
        message = f"server {target}: {message}"
    return _BY_CODE.get(code.name, AdvaeError)(message, code.name, of_rpc_error(error))
