"""What pycaffe keeps for the whole process, and the package at `import caffe`."""

from __future__ import annotations

import re
import sys
import time
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import text_format

import netcc.pycaffe
from netcc.blob import Blob
from netcc.errors import NetccWarning, UsageError
from netcc.pycaffe.net_spec import NetSpec
from netcc.schema import caffe_pb2


def test_scripts_find_everything_where_they_look(caffe: ModuleType) -> None:
    import caffe.classifier  # type: ignore[import-not-found]
    import caffe.coord_map
    import caffe.detector
    import caffe.draw
    import caffe.io
    import caffe.proto.caffe_pb2 as pb2
    from caffe import layers, params
    from caffe.net_spec import NetSpec as Spec
    from caffe.proto import caffe_pb2 as messages
    from caffe.pycaffe import Net

    assert pb2 is messages is caffe.proto.caffe_pb2 is caffe_pb2
    assert (Net, Spec, layers, params) == (caffe.Net, NetSpec, caffe.layers, caffe.params)
    assert (caffe.TRAIN, caffe.TEST, caffe.__version__) == (0, 1, "1.0.0")
    assert issubclass(caffe.Classifier, caffe.Net)
    assert caffe.Blob is Blob


NAMES = """
    AdaDeltaSolver AdaGradSolver AdamSolver Classifier Detector Layer NCCL NesterovSolver Net NetSpec RMSPropSolver
    SGDSolver TEST TRAIN Timer __version__ get_solver has_nccl init_log io layer_type_list layers log params set_device
    set_mode_cpu set_mode_gpu set_multiprocess set_random_seed set_solver_count set_solver_rank solver_count solver_rank
    to_proto
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_every_name_of_the_package_is_there(caffe: ModuleType, name: str) -> None:
    assert hasattr(caffe, name)


def test_a_star_brings_what_is_listed() -> None:
    assert [name for name in netcc.pycaffe.__all__ if not hasattr(netcc.pycaffe, name)] == []


def test_another_caffe_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("caffe")
    other.__file__ = "/opt/caffe/__init__.py"
    monkeypatch.setitem(sys.modules, "caffe", other)
    with pytest.raises(UsageError, match=r"another caffe is in use, from /opt/caffe/__init__\.py\n  call install\(\)"):
        netcc.pycaffe.install()
    assert sys.modules["caffe"] is other


def test_installing_again_changes_nothing(caffe: ModuleType) -> None:
    before = {name: module for name, module in sys.modules.items() if name.startswith("caffe")}
    netcc.pycaffe.install()
    assert {name: module for name, module in sys.modules.items() if name.startswith("caffe")} == before


def test_messages_are_those_of_protobuf(caffe: ModuleType) -> None:
    net = caffe.proto.caffe_pb2.NetParameter()
    text_format.Merge('name: "n" layer { name: "c" type: "Convolution" convolution_param { kernel_size: 3 } }', net)
    assert net.layer[0].convolution_param.kernel_size == [3]
    assert text_format.Parse(text_format.MessageToString(net), caffe_pb2.NetParameter()) == net
    assert caffe_pb2.NetParameter.FromString(net.SerializeToString()) == net
    assert not net.layer[0].HasField("pooling_param")


@pytest.mark.parametrize("call", ["set_mode_gpu()", "set_device(0)"])
def test_a_script_for_the_gpu_is_told_and_goes_on(caffe: ModuleType, call: str) -> None:
    name, _, arguments = call.partition("(")
    with pytest.warns(NetccWarning, match=re.escape(f"{call} has no effect: netcc computes on the processor")):
        getattr(caffe, name)(*map(int, arguments.rstrip(")").split(",") if arguments != ")" else []))
    caffe.set_mode_cpu()


@pytest.mark.parametrize("call", [lambda caffe: caffe.NCCL(None, b""), lambda caffe: caffe.NCCL.new_uid()])
def test_what_cannot_do_without_gpus_is_refused(caffe: ModuleType, call: Any) -> None:
    assert caffe.has_nccl() is False
    with pytest.raises(UsageError, match="NCCL joins GPUs, and netcc computes on the processor"):
        call(caffe)


def test_ranks_are_kept(caffe: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_solver_count", "_solver_rank"):
        monkeypatch.setattr(netcc.pycaffe.machine, name, getattr(netcc.pycaffe.machine, name))
    assert (caffe.solver_count(), caffe.solver_rank()) == (1, 0)
    caffe.set_solver_count(4)
    caffe.set_solver_rank(2)
    caffe.set_multiprocess(True)
    assert (caffe.solver_count(), caffe.solver_rank()) == (4, 2)


def test_layer_types_are_listed(caffe: ModuleType) -> None:
    found = caffe.layer_type_list()
    assert {"Data", "Convolution", "InnerProduct", "Python"} < set(found)
    assert list(found) == sorted(found)


def test_a_timer_counts_milliseconds(caffe: ModuleType) -> None:
    timer = caffe.Timer()
    assert timer.ms == 0
    timer.start()
    time.sleep(0.02)
    timer.stop()
    first = timer.ms
    assert 20 <= first < 10_000
    time.sleep(0.01)
    assert timer.ms == first


def test_the_log_goes_to_stderr_until_it_is_asked_not_to(
    caffe: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netcc.pycaffe.machine, "_least_severity", 0)
    caffe.log("hello")
    assert re.fullmatch(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ python\] hello\n", capsys.readouterr().err)
    caffe.init_log(1)
    caffe.log("hello")
    assert capsys.readouterr().err == ""
