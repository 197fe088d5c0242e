"""The generated modules: current, alone in their pool, and usable like any caffe_pb2."""

import subprocess
import sys
from keyword import iskeyword
from pathlib import Path

import pytest
from google.protobuf import text_format

from netcc.schema import caffe_pb2

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_generating_again_changes_nothing():
    result = run("proto/generate.py", "--check")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_check_names_the_module_that_is_stale(tmp_path):
    for folder in ("proto", "netcc/schema"):
        (tmp_path / folder).mkdir(parents=True)
        for source in (ROOT / folder).glob("*.*"):
            (tmp_path / folder / source.name).write_bytes(source.read_bytes())
    schema = tmp_path / "proto" / "caffe.proto"
    schema.write_text(schema.read_text().replace("optional float alpha = 1", "optional float slope = 1"))
    result = run(str(tmp_path / "proto" / "generate.py"), "--check")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "netcc/schema/caffe_pb2.py does not match proto/: run `make proto`",
        "netcc/schema/caffe_pb2.pyi does not match proto/: run `make proto`",
    ]


OTHER_CAFFE = """
from google.protobuf import descriptor_pb2, descriptor_pool
other = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
other.message_type.add(name="NetParameter").field.add(name="other", number=1, label=1, type=5)
"""
LOAD_OTHER = "descriptor_pool.Default().AddSerializedFile(other.SerializeToString())\n"
LOAD_OURS = "from netcc.schema import caffe_pb2, weights_pb2\n"
USE_BOTH = """
from google.protobuf.message_factory import GetMessageClass
found = descriptor_pool.Default().FindMessageTypeByName("caffe.NetParameter")
print(GetMessageClass(found)(other=3), caffe_pb2.NetParameter(name="ours"))
"""


@pytest.mark.parametrize("loading", [LOAD_OTHER + LOAD_OURS, LOAD_OURS + LOAD_OTHER], ids=["after", "before"])
@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_another_caffe_schema_in_the_process_does_not_collide(loading, implementation):
    choose = f"import os; os.environ['PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION'] = {implementation!r}\n"
    result = run("-c", choose + OTHER_CAFFE + loading + USE_BOTH)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == ["other:", "3", "name:", '"ours"']


def test_enums_are_reached_as_in_other_generated_modules():
    assert (caffe_pb2.TRAIN, caffe_pb2.TEST) == (0, 1)
    assert caffe_pb2.Phase.Name(1) == "TEST"
    assert caffe_pb2.PoolingParameter.AVE == 1
    assert caffe_pb2.PoolingParameter.PoolMethod.Value("STOCHASTIC") == 2
    assert caffe_pb2.V1LayerParameter.LayerType.Value("DECONVOLUTION") == 39


def test_defaults_are_read_from_unset_fields():
    solver = caffe_pb2.SolverParameter()
    assert (solver.type, solver.random_seed, solver.momentum2) == ("SGD", -1, pytest.approx(0.999))
    assert caffe_pb2.ParamSpec().share_mode == caffe_pb2.ParamSpec.STRICT
    assert caffe_pb2.HingeLossParameter().norm == caffe_pb2.HingeLossParameter.L1


def test_text_survives_a_round_trip():
    text = """name: "net"
layer {
  name: "pool"
  type: "Pooling"
  include {
    phase: TEST
    stage: "deploy"
  }
  pooling_param {
    pool: AVE
    kernel_size: 3
  }
}
"""
    net = text_format.Merge(text, caffe_pb2.NetParameter())
    assert net.layer[0].pooling_param.pool == caffe_pb2.PoolingParameter.AVE
    assert text_format.MessageToString(net) == text
    assert caffe_pb2.NetParameter.FromString(net.SerializeToString()) == net


def test_the_stub_names_every_message_and_field():
    stub = (ROOT / "netcc" / "schema" / "caffe_pb2.pyi").read_text()
    classes = dict(part.split("(Message):\n", 1) for part in stub.split("\nclass ")[1:])
    assert set(classes) == set(caffe_pb2.DESCRIPTOR.message_types_by_name)
    for name, body in classes.items():
        fields = caffe_pb2.DESCRIPTOR.message_types_by_name[name].fields
        for field in (field for field in fields if not iskeyword(field.name)):
            assert f"    {field.name}: " in body or f"    def {field.name}(self)" in body, (name, field.name)
