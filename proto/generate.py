"""Regenerates the Python modules of the schemas: netcc/schema/NAME_pb2.py and .pyi from proto/NAME.proto.

Run it from anywhere as `python proto/generate.py`; with `--check` nothing is written, and files that differ from what
would be written are named and make the exit status 1. Needs grpcio-tools, which brings protoc.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc
from stubs import stub

PROTO = Path(__file__).resolve().parent
SCHEMA = PROTO.parent / "netcc" / "schema"
NAMES = ("caffe", "weights")

MODULE = '''"""The messages of proto/{name}.proto. Made by proto/generate.py: edit the schema, then run `make proto`.

The classes live in a descriptor pool of their own, so that other modules made from a schema of the same name can be
loaded beside this one.
"""

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message_factory import GetMessageClass

DESCRIPTOR = DescriptorPool().AddSerializedFile(
{data}
)

for _name, _descriptor in DESCRIPTOR.message_types_by_name.items():
    globals()[_name] = GetMessageClass(_descriptor)
for _name, _descriptor in DESCRIPTOR.enum_types_by_name.items():
    globals()[_name] = EnumTypeWrapper(_descriptor)
    globals().update(EnumTypeWrapper(_descriptor).items())
del _name, _descriptor
'''


def main() -> int:
    """Writes or checks all modules; the exit status."""
    parser = argparse.ArgumentParser(description="Regenerate the Python modules of the schemas.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed modules differ")
    check = parser.parse_args().check
    stale = [path for name in NAMES for path, text in generate(name).items() if not same(path, text, write=not check)]
    for path in stale if check else ():
        print(f"{path.relative_to(PROTO.parent)} does not match proto/: run `make proto`", file=sys.stderr)
    return int(check and bool(stale))


def same(path: Path, text: str, *, write: bool) -> bool:
    """Whether `path` holds `text`; if not and `write` is set, it does afterwards."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return True
    if write:
        path.write_text(text, encoding="utf-8")
    return False


def generate(name: str) -> dict[Path, str]:
    """The files made from proto/`name`.proto, with their contents."""
    schema = compile_schema(name)
    return {
        SCHEMA / f"{name}_pb2.py": MODULE.format(name=name, data=literal(schema.SerializeToString(deterministic=True))),
        SCHEMA / f"{name}_pb2.pyi": stub(schema),
    }


def compile_schema(name: str) -> FileDescriptorProto:
    """What protoc makes of the schema, less the JSON names, which say nothing new and grow the module by half."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "schema.bin"
        status = protoc.main(["protoc", f"-I{PROTO}", f"--descriptor_set_out={out}", f"{name}.proto"])
        if status:
            raise SystemExit(status)
        (schema,) = FileDescriptorSet.FromString(out.read_bytes()).file
    for message in schema.message_type:
        for field in message.field:
            field.ClearField("json_name")
    return schema


def literal(data: bytes, width: int = 48) -> str:
    """`data` as Python source, `width` bytes a line."""
    return "\n".join(f"    {data[start : start + width]!r}" for start in range(0, len(data), width))


if __name__ == "__main__":
    sys.exit(main())
