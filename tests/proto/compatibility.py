#!/usr/bin/python3
"""What has changed between two states of the protos that breaks whoever knows the first one.

usage: compatibility.py --release VERSION

Writes the descriptors of the protos, as they are, to released_api-VERSION.binpb beside this file, in place
of those of the release before: the state that compatibility_test.py compares with.
"""

import pathlib
import subprocess
import sys

from google.protobuf import descriptor_pb2

HERE = pathlib.Path(__file__).parent
PROTOS = HERE.parent.parent / "proto"
# The API, and what is stored on disk. Not job.proto: server and worker are of one release.
FILES = ("advae/v1/detector.proto", "advae/v1/manifest.proto", "advae/v1/registry.proto",
         "advae/v1/types.proto", "grpc/health/v1/health.proto",
         "grpc/reflection/v1alpha/reflection.proto", "inference/inference.proto")


def current():
    """The descriptors of the protos as they are."""
    command = ["protoc", f"--proto_path={PROTOS}", "--descriptor_set_out=/dev/stdout", *FILES]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return descriptor_pb2.FileDescriptorSet.FromString(done.stdout)


def released():
    """Those of the last release."""
    (file,) = HERE.glob("released_api-*.binpb")
    return descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes())


def breaking_changes(old, new):
    """One line for each thing of the FileDescriptorSet `old` that `new` lacks or has otherwise."""
    old_things, new_things = _things(old), _things(new)
    changes = []
    for name, what in old_things.items():
        if name not in new_things:
            changes.append(f"{name} is gone; it was {what}")
        elif new_things[name] != what:
            changes.append(f"{name} is {new_things[name]}; it was {what}")
    return changes


def _things(files):
    """All that others rely on: its name, or number, and what it is."""
    things = {}
    for file in files.file:
        prefix = file.package + "."
        for message in file.message_type:
            _add_message(things, prefix + message.name, message)
        for enum in file.enum_type:
            _add_enum(things, prefix + enum.name, enum)
        for service in file.service:
            for method in service.method:
                things[f"method {prefix}{service.name}.{method.name}"] = (
                    f"{_streamed(method.client_streaming)}{method.input_type} -> "
                    f"{_streamed(method.server_streaming)}{method.output_type}")
    return things


def _streamed(is_stream):
    return "stream " if is_stream else ""


def _add_message(things, name, message):
    things[f"message {name}"] = "a message"
    for field in message.field:
        type_name = field.type_name or descriptor_pb2.FieldDescriptorProto.Type.Name(field.type)
        label = descriptor_pb2.FieldDescriptorProto.Label.Name(field.label)
        oneof = ""
        if field.HasField("oneof_index"):
            oneof = f" in {message.oneof_decl[field.oneof_index].name}"
        things[f"field {field.number} of {name}"] = f"{label} {type_name} {field.name}{oneof}"
    for nested in message.nested_type:
        _add_message(things, f"{name}.{nested.name}", nested)
    for enum in message.enum_type:
        _add_enum(things, f"{name}.{enum.name}", enum)


def _add_enum(things, name, enum):
    things[f"enum {name}"] = "an enum"
    for value in enum.value:
        things[f"{value.name} of {name}"] = str(value.number)


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--release":
        print(__doc__, file=sys.stderr)
        return 2
    for file in HERE.glob("released_api-*.binpb"):
        file.unlink()
    path = HERE / f"released_api-{sys.argv[2]}.binpb"
    path.write_bytes(current().SerializeToString(deterministic=True))
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
