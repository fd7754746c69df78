"""What errors carry beside their messages, for programs."""

import typing

from google.protobuf.message import DecodeError

from . import messages

_KEY = "grpc-status-details-bin"


class FieldViolation(typing.NamedTuple):
    """A field of a request that is wrong."""

    field: str  # a path, such as "spec.hyperparameters.epochs" or "table.columns[2]"
    description: str


class Resource(typing.NamedTuple):
    """What an error is about."""

    type: str  # "advae.v1.Model" or "advae.v1.Version"
    name: str  # of a model its name, of a version MODEL/NUMBER


class ErrorDetails(typing.NamedTuple):
    """What an error carries; nothing when the server has not said more than its message."""

    field_violations: tuple = ()
    retry_after: typing.Optional[float] = None  # seconds after which to try again
    resource: typing.Optional[Resource] = None


def of_rpc_error(error):
    """The ErrorDetails of a grpc.RpcError; what cannot be read is left out."""
    metadata = error.trailing_metadata() if hasattr(error, "trailing_metadata") else None
    found = [value for key, value in metadata or () if key == _KEY]
    if not found:
        return ErrorDetails()
    try:
        return _read(messages.RpcStatus.FromString(found[0]))
    except DecodeError:
        return ErrorDetails()


def _read(status):
    details = ErrorDetails()
    for packed in status.details:
        name = packed.type_url.rpartition("/")[2]
        if name == "google.rpc.BadRequest":
            violations = messages.BadRequest.FromString(packed.value).field_violations
            details = details._replace(
                field_violations=tuple(
                    FieldViolation(violation.field, violation.description)
                    for violation in violations
                )
            )
        elif name == "google.rpc.RetryInfo":
            delay = messages.RetryInfo.FromString(packed.value).retry_delay
            details = details._replace(retry_after=delay.seconds + delay.nanos / 1e9)
        elif name == "google.rpc.ResourceInfo":
            info = messages.ResourceInfo.FromString(packed.value)
            details = details._replace(resource=Resource(info.resource_type, info.resource_name))
    return details
