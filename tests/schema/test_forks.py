"""proto/caffe.proto takes in what the forks of tests/facts/forks.json add, so that their nets bind by name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

from netcc.errors import Source
from netcc.prototxt.parse import parse
from netcc.runtime.weights import read_caffemodel
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind

FACTS = Path(__file__).parents[1] / "facts"
FORKS: dict[str, dict[str, dict[str, Any]]] = json.loads((FACTS / "forks.json").read_text(encoding="utf-8"))["forks"]
BVLC: dict[str, Any] = json.loads((FACTS / "bvlc.json").read_text(encoding="utf-8"))

OTHERWISE = {
    # One image is resized in one way, but MobileNet-YOLO picks one of several: a list binds both.
    ("TransformationParameter", "resize_param"): {"label": "repeated"},
    # happynear's Resize layer has no default where SSD's resizing has 0, which both take for absent.
    ("ResizeParameter", "height"): {"default": "0"},
    ("ResizeParameter", "width"): {"default": "0"},
}
"""What the schema says of a field where forks differ."""


def described(field: FieldDescriptorProto) -> dict[str, str]:
    """A field as the facts write it, but for its number."""
    facts = {
        "label": FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower(),
        "type": FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower(),
    }
    if field.type_name:
        facts["type_name"] = field.type_name.removeprefix(".caffe.")
    if field.HasField("default_value"):
        facts["default"] = field.default_value
    return rounded(facts)


def rounded(facts: dict[str, str]) -> dict[str, str]:
    """The facts with a default of type float as float32 prints it."""
    if facts["type"] == "float" and "default" in facts:
        return {**facts, "default": str(np.float32(facts["default"]))}
    return facts


def messages(found: DescriptorProto | FileDescriptorProto, prefix: str = "") -> Iterator[tuple[str, DescriptorProto]]:
    """All messages with their names, those nested in others too."""
    for message in found.message_type if isinstance(found, FileDescriptorProto) else found.nested_type:
        yield prefix + message.name, message
        yield from messages(message, f"{prefix}{message.name}.")


@pytest.fixture(scope="module")
def schema() -> dict[str, DescriptorProto]:
    file = FileDescriptorProto()
    caffe_pb2.DESCRIPTOR.CopyToProto(file)
    return dict(messages(file))


@pytest.fixture(scope="module")
def enums(schema: dict[str, DescriptorProto]) -> dict[str, dict[str, int]]:
    file = FileDescriptorProto()
    caffe_pb2.DESCRIPTOR.CopyToProto(file)
    found = {enum.name: enum for enum in file.enum_type}
    found |= {f"{name}.{enum.name}": enum for name, message in schema.items() for enum in message.enum_type}
    return {name: {value.name: value.number for value in enum.value} for name, enum in found.items()}


@pytest.mark.parametrize("fork", FORKS)
def test_every_field_of_a_fork_is_there(fork, schema):
    kept = ("label", "type", "type_name", "default")
    for message, fields in {**FORKS[fork]["messages"], **FORKS[fork]["extra_fields"]}.items():
        found = {field.name: field for field in schema[message].field}
        for fact in fields:
            name = fact["name"]
            expected = rounded({key: fact[key] for key in kept if key in fact} | OTHERWISE.get((message, name), {}))
            assert described(found[name]) == expected, (message, name)


@pytest.mark.parametrize("fork", FORKS)
def test_every_enum_value_of_a_fork_is_there(fork, enums):
    for enum, values in FORKS[fork]["enums"].items():
        assert set(values) <= set(enums[enum]), enum


def test_each_exception_is_one():
    facts: dict[tuple[str, str], set[str]] = {key: set() for key in OTHERWISE}
    for fork in FORKS.values():
        for message, fields in {**fork["messages"], **fork["extra_fields"]}.items():
            for fact in fields:
                (otherwise,) = OTHERWISE.get((message, fact["name"]), {"": ""})
                facts.get((message, fact["name"]), set()).add(str(fact.get(otherwise)))
    assert facts == {
        ("TransformationParameter", "resize_param"): {"optional", "repeated"},
        ("ResizeParameter", "height"): {"0", "None"},
        ("ResizeParameter", "width"): {"0", "None"},
    }


def test_messages_of_one_fork_alone_keep_its_numbers(schema):
    owners: dict[str, set[str]] = {}
    for fork, facts in FORKS.items():
        for message in facts["messages"]:
            owners.setdefault(message, set()).add(fork)
    alone = {message: next(iter(forks)) for message, forks in owners.items() if len(forks) == 1}
    assert len(alone) > 90
    for message, fork in alone.items():
        numbers = {field.name: field.number for field in schema[message].field}
        for fact in FORKS[fork]["messages"][message]:
            assert numbers[fact["name"]] == fact["number"], (message, fact["name"])


def test_messages_of_ssd_keep_its_numbers(schema):
    ssd = FORKS["SSD (weiliu89, branch ssd)"]
    for message, fields in ssd["messages"].items():
        numbers = {field.name: field.number for field in schema[message].field}
        assert {fact["name"]: fact["number"] for fact in fields}.items() <= numbers.items(), message
    own = {fact["name"]: fact["number"] for fact in ssd["extra_fields"]["LayerParameter"]}
    assert sorted(own.values()) == list(range(200, 208))
    numbers = {field.name: field.number for field in schema["LayerParameter"].field}
    assert own.items() <= numbers.items()


def test_enum_values_keep_their_number_where_it_is_free(enums):
    assert enums["LossParameter.NormalizationMode"]["PRE_FIXED"] == 10000  # a fork's 3 is NONE here
    moved = {
        (enum, name)
        for fork in FORKS.values()
        for enum, values in fork["enums"].items()
        for name, number in values.items()
        if enums[enum][name] != number
    }
    assert moved == {("LossParameter.NormalizationMode", name) for name in ("PRE_FIXED", "NONE")}


def test_numbers_of_a_message_are_given_once(schema):
    for name, message in schema.items():
        numbers = [field.number for field in message.field]
        assert len(set(numbers)) == len(numbers), name


def test_messages_that_nets_reach_need_no_field_that_forks_lack(schema):
    required = {
        (name, field.name)
        for name, message in schema.items()
        for field in message.field
        if field.label == FieldDescriptorProto.LABEL_REQUIRED and name not in BVLC["messages"]
    }
    agreed = set()
    for message, field in required:
        facts = [fact for fork in FORKS.values() for fact in fork["messages"].get(message, ()) if fact["name"] == field]
        agreed |= {(message, field)} if facts and all(fact["label"] == "required" for fact in facts) else set()
    assert required == agreed


SAMPLES = {
    "SSD": """
        layer {
          name: "p" type: "PriorBox" bottom: "f" bottom: "d" top: "p" include { phase: TRAIN }
          prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 flip: true clip: false
                            variance: [0.1, 0.1, 0.2, 0.2] step: 8 offset: 0.5 }
        }
        layer { name: "n" type: "Normalize" norm_param {
          across_spatial: false scale_filler { type: "constant" value: 20 } channel_shared: false } }
        layer { name: "q" type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 } }
        layer { name: "l" type: "MultiBoxLoss" propagate_down: true multibox_loss_param {
          loc_loss_type: SMOOTH_L1 conf_loss_type: SOFTMAX num_classes: 21 match_type: PER_PREDICTION
          code_type: CENTER_SIZE mining_type: MAX_NEGATIVE neg_overlap: 0.5 } loss_param { normalization: VALID } }
        layer { name: "o" type: "DetectionOutput" detection_output_param { num_classes: 21
          nms_param { nms_threshold: 0.45 top_k: 400 } save_output_param { output_format: "VOC" }
          keep_top_k: 200 confidence_threshold: 0.01 } }
        layer { name: "e" type: "DetectionEvaluate" detection_evaluate_param { num_classes: 21 } }
        layer { name: "d" type: "AnnotatedData" annotated_data_param {
          batch_sampler { max_sample: 1 sampler { min_scale: 0.3 } sample_constraint { min_jaccard_overlap: 0.1 } }
          label_map_file: "m" } transform_param { resize_param { prob: 1 resize_mode: WARP height: 300 width: 300
          interp_mode: LINEAR interp_mode: AREA } emit_constraint { emit_type: CENTER }
          distort_param { brightness_prob: 0.5 } expand_param { prob: 0.5 max_expand_ratio: 4 } } }
        """,
    "Faster R-CNN and R-FCN": """
        layer { name: "r" type: "ROIPooling" roi_pooling_param { pooled_w: 7 pooled_h: 7 spatial_scale: 0.0625 } }
        layer { name: "p" type: "PSROIPooling"
                psroi_pooling_param { spatial_scale: 0.0625 output_dim: 21 group_size: 7 } }
        layer { name: "b" type: "SmoothL1Loss" loss_weight: 1 smooth_l1_loss_param { sigma: 3.0 } }
        layer { name: "c" type: "SoftmaxWithLossOHEM"
                loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 128 ignore_label: -1 } }
        layer { name: "a" type: "BoxAnnotatorOHEM"
                box_annotator_ohem_param { roi_per_img: 128 ignore_label: -1 } }
        layer { name: "z" type: "Proposal" proposal_param { feat_stride: 16 ratio: 0.5 scale: 8 } }
        layer { name: "d" type: "Dropout" dropout_param { dropout_ratio: 0.5 scale_train: false } }
        """,
    "SegNet": """
        layer { name: "d" type: "DenseImageData" dense_image_data_param { source: "s" batch_size: 4 shuffle: true } }
        layer { name: "b" type: "BN" bn_param { scale_filler { type: "constant" value: 1 }
                shift_filler { type: "constant" value: 0.001 } bn_mode: INFERENCE } }
        layer { name: "u" type: "Upsample" upsample_param { scale: 2 upsample_w: 60 upsample_h: 45 pad_out_h: true } }
        layer { name: "l" type: "SoftmaxWithLoss" loss_param { weight_by_label_freqs: true ignore_label: 11
                class_weighting: 0.2595 class_weighting: 0.1826 } }
        """,
    "PSPNet and DeepLab": """
        mem_param { optimize_train: true exclude_blob: "x" }
        layer { name: "d" type: "ImageSegData" transform_param { crop_width: 473 crop_height: 473 scale_factors: 0.5 }
                image_data_param { source: "l" label_type: PIXEL ignore_label: 255 } }
        layer { name: "b" type: "BN" bn_param { slope_filler { value: 1 } momentum: 0.95 frozen: true engine: CUDNN }
                batch_norm_param { update_global_stats: true } }
        layer { name: "i" type: "Interp" interp_param { height: 60 width: 60 pad_beg: -1 } }
        layer { name: "a" type: "SegAccuracy" seg_accuracy_param { ignore_label: 255 metric: PixelIOU } }
        """,
    "YOLO": """
        layer { name: "r" type: "Reorg" reorg_param { stride: 2 reverse: false } }
        layer { name: "l" type: "RegionLoss" region_loss_param { side: 13 num_class: 20 biases: 1.08 biases: 1.19 } }
        layer { name: "y" type: "Yolov3" yolov3_param { mask: 3 mask: 4 anchors_scale: 32 iou_loss: CIOU } }
        layer { name: "o" type: "Yolov3DetectionOutput"
                yolov3_detection_output_param { num_classes: 20 mask_group_num: 2 mask: [3, 4, 5, 0, 1, 2] } }
        layer { name: "u" type: "Upsample" upsample_param { scale: 2 } }
        layer { name: "s" type: "ReLU6" relu6_param { negative_slope: 0.1 } }
        layer { name: "d" type: "AnnotatedData" annotated_data_param { anno_type: LANE yolo_data_type: 1 }
                transform_param { resize_param { height: 320 } resize_param { height: 352 } } }
        """,
    "small nets": """
        layer { name: "c" type: "ShuffleChannel" shuffle_channel_param { group: 3 } }
        layer { name: "p" type: "Pooling" pooling_param { pool: MAX kernel_size: 3 stride: 2 ceil_mode: false } }
        layer { name: "a" type: "SeLU" selu_param { lambda: 1.05 alpha: 1.67 } }
        layer { name: "x" type: "CropCenter" crop_center_param { crop_size: [0, 0, 7, 7] } }
        layer { name: "g" type: "Padding" padding_param { pad_method: CONSTANT pad_t: 1 pad_l: 2 pad_value: -25 } }
        layer { name: "t" type: "Transpose" transpose_param { dim: 2 dim: 0 dim: 1 } }
        layer { name: "i" type: "ContinuationIndicator"
                continuation_indicator_param { time_step: 8 batch_size: 4 } }
        """,
    "FlowNet 2": """
        layer { name: "c" type: "Correlation" correlation_param { pad: 20 kernel_size: 1 max_displacement: 20
                stride_1: 1 stride_2: 2 correlation_type: MULTIPLY } }
        layer { name: "w" type: "FlowWarp" flow_warp_param { fill_value: NOT_A_NUMBER } }
        layer { name: "r" type: "Resample" reshape_every_iter: false
                resample_param { width: 64 height: 64 type: LINEAR antialias: true } }
        layer { name: "l" type: "L1Loss" l1_loss_param { l2_per_location: true normalize_by_num_entries: true } }
        layer { name: "d" type: "CustomData" data_param { source: "s" encoding: UINT8 encoding: UINT16FLOW
                slice_point: 3 rand_permute: true rand_permute_order: FIRST_RANGE_THEN_PERMUTE } }
        layer { name: "v" type: "Convolution" convolution_param { weight_filler { type: "diagonal" diag_val: 20 } } }
        layer { name: "g" type: "GenerateAugmentationParameters" augmentation_param { augment_during_test: true
                rotate { rand_type: "uniform_bernoulli" exp: false mean: 0 spread: 0.4 prob: 1.0 } }
                coeff_schedule_param { half_life: 50000 initial_coeff: 0.5 final_coeff: 1 } }
        """,
    "faces": """
        layer { name: "m" type: "MarginInnerProduct" margin_inner_product_param { num_output: 10572 type: QUADRUPLE
                base: 1000 gamma: 0.12 power: 1 lambda_min: 5 iteration: 0 } }
        layer { name: "c" type: "CenterLoss" center_loss_param { num_output: 10 center_filler { type: "xavier" } } }
        layer { name: "t" type: "TripletLoss" triplet_loss_param { margin: 0.2 } }
        layer { name: "f" type: "FocalLoss" focal_loss_param { type: LINEAR gamma: 2 alpha: 0.25 } }
        layer { name: "n" type: "Normalize" normalize_param { normalize_type: "L2" bp_norm: true } }
        layer { name: "x" type: "Flip" flip_param { flip_width: false flip_height: true } }
        """,
    "NVIDIA": """
        default_forward_type: FLOAT16 global_grad_scale: 1000 eltwise_mem_sharing: true
        layer { name: "b" type: "BatchNorm" forward_math: FLOAT
                batch_norm_param { scale_bias: true scale_filler { value: 1 } engine: CUDNN } }
        layer { name: "c" type: "Convolution" convolution_param { cudnn_convolution_algo_seeker: GET
                conv_algos_override: "1,1,1" } }
        layer { name: "d" type: "Data" data_param { threads: 2 parser_threads: 3 cache: true shuffle: true } }
        layer { name: "g" type: "DetectNetTransformation" detectnet_groundtruth_param { stride: 16
                coverage_type: RECTANGULAR object_class: { src: 1 dst: 0 } } }
        layer { name: "e" type: "ELU" elu_param { lambda: 1.05 } }
        """,
    "Intel": """
        engine: "MKLDNN" compile_net_state { bn_scale_remove: true }
        layer { name: "c" type: "Convolution" convolution_param { engine: MKLDNN relu: true fusion_type: SUM_FUSION }
                quantization_param { bw_layer_in: 8 scale_in: 0.5 } }
        layer { name: "p" type: "Pooling" pooling_param { engine: MKL2017 avg_include_pad: false } }
        layer { name: "r" type: "Reshape" reshape_param { pixelshuffler: 2 } }
        """,
    "yjxiong": """
        layer { name: "v" type: "VideoData" video_data_param { source: "s" batch_size: 4 new_length: 5
                num_segments: 3 modality: RGB name_pattern: "img_%05d.jpg" }
                transform_param { crop_size: 224 fix_crop: true multi_scale: true is_flow: true
                                  scale_ratios: [1, .875, .75, .66] max_distort: 1 } }
        layer { name: "r" type: "BatchReduction" batch_reduction_param { level: 3
                reduction_param { operation: TOPK k: 2 } } }
        """,
}


@pytest.mark.parametrize("fork", SAMPLES)
def test_text_of_a_fork_binds(fork):
    text = SAMPLES[fork]
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    assert len(net.layer) == text.count("layer {")
    assert text_format.Parse(text_format.MessageToString(net), caffe_pb2.NetParameter()) == net
    assert bind(parse(Source(fork, text)), caffe_pb2.NetParameter) == (net, ())
    written = set(re.findall(r"\b([a-z]\w*)(?=:| \{)", text))
    assert written == set(re.findall(r"\b([a-z]\w*)(?=:| \{)", text_format.MessageToString(net)))


def test_solvers_of_forks_bind():
    text = """
        eval_type: "detection" ap_version: "11point" show_per_class_result: true plateau_winsize: 10000
        stagelr: 0.001 stageiter: 100 min_lr: 1e-6 rampup_interval: 500 rampup_lr: 0.01 larc: true larc_eta: 0.001
        warmup_iter: 10 warmup_start_lr: 0.1 local_lr_auto: true clip_weights: 5 solver_type: SAG
        momentum_policy: "poly" weight_decay_policy: "poly" solver_data_type: FLOAT16 group_id: 0
    """
    solver = text_format.Parse(text, caffe_pb2.SolverParameter())
    assert (solver.eval_type, solver.stagelr, solver.clip_weights) == ("detection", [np.float32(0.001)], 5)
    assert solver.solver_type == caffe_pb2.SolverParameter.SAG


def test_a_database_row_of_ssd_is_read_by_its_numbers():
    box = b"\x0d\x00\x00\x80\x3e\x30\x01"  # xmin: 0.25 difficult: true
    annotation = b"\x08\x02\x12" + bytes([len(box)]) + box
    group = b"\x08\x0f\x12" + bytes([len(annotation)]) + annotation
    row = b"\x0a\x02\x28\x07\x10\x00\x1a" + bytes([len(group)]) + group  # datum { label: 7 } type: BBOX
    read = caffe_pb2.AnnotatedDatum.FromString(row)
    (one,) = read.annotation_group
    assert (read.datum.label, one.group_label, one.annotation[0].instance_id) == (7, 15, 2)
    assert (one.annotation[0].bbox.xmin, one.annotation[0].bbox.difficult) == (0.25, True)


def test_weights_of_half_precision_are_read_from_a_file(tmp_path):
    weights = np.linspace(-2, 2, 12).reshape(3, 4).astype("<f2")
    blob = {"shape": {"dim": [3, 4]}, "raw_data": weights.tobytes(), "raw_data_type": "FLOAT16"}
    net = caffe_pb2.NetParameter(layer=[{"name": "f", "type": "InnerProduct", "blobs": [blob]}])
    path = tmp_path / "half.caffemodel"
    path.write_bytes(net.SerializeToString())
    (layer,) = read_caffemodel(path)
    assert layer.blobs[0].data.dtype == np.float32
    np.testing.assert_array_equal(layer.blobs[0].data, weights)


def test_raw_numbers_have_the_numbers_of_nvidia(schema):
    numbers = {field.name: field.number for field in schema["BlobProto"].field}
    facts = {fact["name"]: fact["number"] for fact in FORKS["NVIDIA Caffe"]["extra_fields"]["BlobProto"]}
    assert facts == {"raw_data_type": 10, "raw_diff_type": 11, "raw_data": 12, "raw_diff": 13}
    assert facts.items() <= numbers.items()
