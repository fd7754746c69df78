"""The messages of the API and its methods.

Made of a descriptor set, which scripts/python-descriptors writes from proto/, in a pool of their
own: other packages may have gRPC's health service, or an older version of this API, in the default
one.
"""

import pkgutil
import typing

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _make_pool():
    pool = descriptor_pool.DescriptorPool()
    data = pkgutil.get_data(__package__, "descriptors.bin")
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _make_pool()


def message_class(descriptor):
    """The class of a message, also of older and newer Protobuf than Debian's."""
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_POOL).GetPrototype(descriptor)


def _message(name):
    return message_class(_POOL.FindMessageTypeByName(name))


Matrix = _message("advae.v1.Matrix")
Table = _message("advae.v1.Table")
ColumnSetting = _message("advae.v1.ColumnSetting")
Hyperparameters = _message("advae.v1.Hyperparameters")
VersionInfo = _message("advae.v1.VersionInfo")
TrainSpec = _message("advae.v1.TrainSpec")
TrainRequest = _message("advae.v1.TrainRequest")
TrainResponse = _message("advae.v1.TrainResponse")
ScoreRequest = _message("advae.v1.ScoreRequest")
ScoreResponse = _message("advae.v1.ScoreResponse")
ThresholdRequest = _message("advae.v1.ThresholdRequest")
ListModelsRequest = _message("advae.v1.ListModelsRequest")
GetModelRequest = _message("advae.v1.GetModelRequest")
SetServingVersionRequest = _message("advae.v1.SetServingVersionRequest")
DeleteVersionRequest = _message("advae.v1.DeleteVersionRequest")
DeleteModelRequest = _message("advae.v1.DeleteModelRequest")
UndeleteRequest = _message("advae.v1.UndeleteRequest")
ListDeletedRequest = _message("advae.v1.ListDeletedRequest")
ImportSpec = _message("advae.v1.ImportSpec")
ImportVersionRequest = _message("advae.v1.ImportVersionRequest")
HealthCheckRequest = _message("grpc.health.v1.HealthCheckRequest")
HealthCheckResponse = _message("grpc.health.v1.HealthCheckResponse")
RpcStatus = _message("google.rpc.Status")
BadRequest = _message("google.rpc.BadRequest")
RetryInfo = _message("google.rpc.RetryInfo")
ResourceInfo = _message("google.rpc.ResourceInfo")


def enum_words(name):
    """The values of an enum by the words that stand for them: "monte-carlo" for
    SAMPLER_MONTE_CARLO."""
    values = _POOL.FindEnumTypeByName(f"advae.v1.{name}").values
    prefix = values[0].name[: -len("UNSPECIFIED")]
    return {
        value.name[len(prefix) :].lower().replace("_", "-"): value.number
        for value in values
        if value.number != 0
    }


class Method(typing.NamedTuple):
    """What a channel needs to make a call."""

    path: str
    response: type


def _method(service, name):
    descriptor = _POOL.FindServiceByName(service).methods_by_name[name]
    return Method(f"/{service}/{name}", message_class(descriptor.output_type))


TRAIN = _method("advae.v1.AnomalyDetector", "Train")
SCORE = _method("advae.v1.AnomalyDetector", "Score")
THRESHOLD = _method("advae.v1.AnomalyDetector", "Threshold")
LIST_MODELS = _method("advae.v1.ModelRegistry", "ListModels")
GET_MODEL = _method("advae.v1.ModelRegistry", "GetModel")
SET_SERVING_VERSION = _method("advae.v1.ModelRegistry", "SetServingVersion")
DELETE_VERSION = _method("advae.v1.ModelRegistry", "DeleteVersion")
DELETE_MODEL = _method("advae.v1.ModelRegistry", "DeleteModel")
UNDELETE = _method("advae.v1.ModelRegistry", "Undelete")
LIST_DELETED = _method("advae.v1.ModelRegistry", "ListDeleted")
IMPORT_VERSION = _method("advae.v1.ModelRegistry", "ImportVersion")
HEALTH_CHECK = _method("grpc.health.v1.Health", "Check")
