"""SSD: boxes and classes from six maps at once."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe import params as P  # noqa: N812
from netcc.pycaffe.net_spec import Top
from netcc.schema import caffe_pb2
from zoo.generate.net import BGR_MEAN, ZooNet
from zoo.generate.vgg import CHANNELS
from zoo.generate.writer import XAVIER, NetWriter

SIDE, CLASSES = 300, 21

BoxSource = tuple[float, float, list[float], float, int]
SOURCES: dict[str, BoxSource] = {
    "conv4_3_norm": (30, 60, [2], 8, 4),
    "fc7": (60, 111, [2, 3], 16, 6),
    "conv6_2": (111, 162, [2, 3], 32, 6),
    "conv7_2": (162, 213, [2, 3], 64, 6),
    "conv8_2": (213, 264, [2], 100, 4),
    "conv9_2": (264, 315, [2], 300, 4),
}
"""Smallest and largest box, aspect ratios, step in pixels and boxes at each place, for each map."""

EXTRAS = {6: (256, 512, 2, 1), 7: (128, 256, 2, 1), 8: (128, 256, 1, 0), 9: (128, 256, 1, 0)}
"""Inner and outer channels, stride and pad of each pair of convolutions above VGG."""

INTERPOLATIONS = ("LINEAR", "AREA", "NEAREST", "CUBIC", "LANCZOS4")
COLOURS = {
    "brightness_prob": 0.5,
    "brightness_delta": 32,
    "contrast_prob": 0.5,
    "contrast_lower": 0.5,
    "contrast_upper": 1.5,
    "hue_prob": 0.5,
    "hue_delta": 18,
    "saturation_prob": 0.5,
    "saturation_lower": 0.5,
    "saturation_upper": 1.5,
}
"""How the authors distort colours: each with even odds, by as much as this."""

SUPPRESSION = {"nms_threshold": 0.45, "top_k": 400}
TEST = {"phase": caffe_pb2.TEST}


def convolution(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, **fields: Any) -> Top:
    return net.relu(f"{name}_relu", net.convolution(name, bottom, outputs, kernel, filler=XAVIER, **fields))


def base(net: NetWriter, data: Top) -> dict[str, Top]:
    """VGG-16 with its inner products as convolutions, and four pairs more; every map by name."""
    top, maps = data, {}
    for stage, (depth, channels) in enumerate(zip((2, 2, 3, 3, 3), CHANNELS, strict=True), 1):
        for number in range(1, depth + 1):
            top = maps[f"conv{stage}_{number}"] = convolution(net, f"conv{stage}_{number}", top, channels, 3, pad=1)
        top = net.max_pool(f"pool{stage}", top, 2, 2) if stage < 5 else net.max_pool("pool5", top, 3, 1, 1)
        net.stage(f"conv{stage}, pool{stage}")
    top = convolution(net, "fc6", top, 1024, 3, pad=6, dilation=6)
    top = maps["fc7"] = convolution(net, "fc7", top, 1024, 1)
    net.stage("fc6, fc7")
    for number, (inner, outer, stride, pad) in EXTRAS.items():
        top = convolution(net, f"conv{number}_1", top, inner, 1)
        top = maps[f"conv{number}_2"] = convolution(net, f"conv{number}_2", top, outer, 3, stride=stride, pad=pad)
        net.stage(f"conv{number}")
    filler = {"scale_filler": {"type": "constant", "value": 20}} if net.training else {}
    scaled = L.Normalize(maps["conv4_3"], norm_param={"across_spatial": False, "channel_shared": False, **filler})
    maps["conv4_3_norm"] = net.add("conv4_3_norm", scaled)
    return maps


def rows(net: NetWriter, name: str, bottom: Top, outputs: int) -> Top:
    """A convolution of 3 x 3 whose outputs stand place by place in one row for each image."""
    top = net.convolution(name, bottom, outputs, 3, pad=1, filler=XAVIER)
    top = net.add(f"{name}_perm", L.Permute(top, order=[0, 2, 3, 1]))
    return net.add(f"{name}_flat", L.Flatten(top, axis=1))


def priors(net: NetWriter, name: str, bottom: Top, data: Top) -> Top:
    smallest, largest, ratios, step, _ = SOURCES[name]
    boxes = {"min_size": smallest, "max_size": largest, "aspect_ratio": ratios, "flip": True, "clip": False}
    placed = {"variance": [0.1, 0.1, 0.2, 0.2], "step": step, "offset": 0.5}
    return net.add(f"{name}_mbox_priorbox", L.PriorBox(bottom, data, prior_box_param={**boxes, **placed}))


def heads(net: NetWriter, data: Top) -> tuple[Top, Top, Top]:
    """Offsets, scores and default boxes of all maps, joined."""
    maps = base(net, data)
    places, scores, boxes = [], [], []
    for name, (*_, count) in SOURCES.items():
        places.append(rows(net, f"{name}_mbox_loc", maps[name], 4 * count))
        scores.append(rows(net, f"{name}_mbox_conf", maps[name], CLASSES * count))
        boxes.append(priors(net, name, maps[name], data))
    joined = net.concat("mbox_loc", *places), net.concat("mbox_conf", *scores)
    result = (*joined, net.add("mbox_priorbox", L.Concat(*boxes, axis=2)))
    net.stage("offsets, scores, boxes")
    return result


def detections(net: NetWriter, places: Top, scores: Top, boxes: Top, **include: Any) -> Top:
    """The boxes that are left when of those that overlap only the surest stay."""
    table = net.add("mbox_conf_reshape", L.Reshape(scores, shape={"dim": [0, -1, CLASSES]}, **include))
    table = net.add("mbox_conf_softmax", L.Softmax(table, axis=2, **include))
    flat = net.add("mbox_conf_flatten", L.Flatten(table, axis=1, **include))
    output = {
        "num_classes": CLASSES,
        "nms_param": SUPPRESSION,
        "code_type": P.PriorBox.CENTER_SIZE,
        "keep_top_k": 200,
        "confidence_threshold": 0.01,
    }
    return net.add("detection_out", L.DetectionOutput(places, flat, boxes, detection_output_param=output, **include))


def data_fields(*, training: bool) -> dict[str, Any]:
    resized: dict[str, Any] = {"prob": 1, "resize_mode": P.Resize.WARP, "height": SIDE, "width": SIDE}
    augmented: dict[str, Any] = {}
    part = "trainval" if training else "test"
    annotated: dict[str, Any] = {"label_map_file": "labelmap_voc.prototxt"}
    if training:
        overlaps = [{"min_jaccard_overlap": least} for least in (0.1, 0.3, 0.5, 0.7, 0.9)] + [
            {"max_jaccard_overlap": 1}
        ]
        annotated["batch_sampler"] = [{"max_sample": 1, "max_trials": 1}, *map(sampler, overlaps)]
        resized["interp_mode"] = [getattr(P.Resize, name) for name in INTERPOLATIONS]
        augmented = {"distort_param": COLOURS, "expand_param": {"prob": 0.5, "max_expand_ratio": 4}}
    return {
        "transform_param": {
            **({"mirror": True} if training else {}),
            "mean_value": BGR_MEAN,
            "resize_param": resized,
            **augmented,
        },
        "data_param": {"source": f"voc0712_{part}_lmdb", "batch_size": 32 if training else 8, "backend": "LMDB"},
        "annotated_data_param": annotated,
    }


def sampler(overlap: dict[str, float]) -> dict[str, Any]:
    """A cut of any size and moderate aspect that has the `overlap` with some object."""
    cut = {"min_scale": 0.3, "max_scale": 1, "min_aspect_ratio": 0.5, "max_aspect_ratio": 2}
    return {"sampler": cut, "sample_constraint": overlap, "max_sample": 1, "max_trials": 50}


def train(net: NetWriter) -> list[Any]:
    spec = net.spec
    fields = data_fields(training=True)
    spec.data, spec.label = L.AnnotatedData(ntop=2, include={"phase": caffe_pb2.TRAIN}, **fields)
    places, scores, boxes = heads(net, spec.data)
    multibox = {
        "num_classes": CLASSES,
        "code_type": P.PriorBox.CENTER_SIZE,
        "neg_pos_ratio": 3,
        "do_neg_mining": True,
        "ignore_cross_boundary_bbox": False,
    }
    loss = L.MultiBoxLoss(
        places,
        scores,
        boxes,
        spec.label,
        include={"phase": caffe_pb2.TRAIN},
        propagate_down=[True, True, False, False],
        loss_param={"normalization": P.Loss.VALID},
        multibox_loss_param=multibox,
    )
    net.add("mbox_loss", loss)
    found = detections(net, places, scores, boxes, include=TEST)
    evaluated = {"num_classes": CLASSES, "overlap_threshold": 0.5, "evaluate_difficult_gt": False}
    net.add("detection_eval", L.DetectionEvaluate(found, spec.label, include=TEST, **evaluated))
    return [data_fields(training=False)]


def deploy(net: NetWriter) -> None:
    data = net.add("data", L.Input(shape={"dim": [1, 3, SIDE, SIDE]}))
    detections(net, *heads(net, data))


NETS = [
    ZooNet(
        name="ssd300",
        title="SSD-300 on VGG-16",
        paper="""W. Liu, D. Anguelov, D. Erhan, C. Szegedy, S. Reed, C.-Y. Fu, A. C. Berg: *SSD: Single shot multibox
        detector*, ECCV 2016.""",
        text="""Objects found in one pass: at every place of six maps, from 38 x 38 down to 1 x 1, stand four or
        six default boxes, 8,732 in all, and two convolutions tell for each how to move it and what it holds.
        Small objects are found on large maps and large ones on small. The base is VGG-16, its fc6 and fc7 made
        convolutions with fewer channels. The layers from Normalize to DetectionOutput are those of the authors'
        branch of Caffe.""",
        input=(3, SIDE, SIDE),
        parameters=26_285_486,
        source="""published summaries of amdegroot's `ssd.pytorch` for the 20 classes of VOC and the background print
        26,285,486. As a sum over the layers: the base to fc7 20,483,904, conv6 to conv9 2,459,520, the 512 scales of
        conv4_3, and the two convolutions over each map 3,341,550.""",
        deploy=deploy,
        train=train,
        data_shapes={"data": (2, 3, SIDE, SIDE), "label": (1, 1, 4, 8)},
        solver={
            "test_iter": 619,
            "test_interval": 10000,
            "test_initialization": False,
            "eval_type": "detection",
            "ap_version": "11point",
            "base_lr": 0.001,
            "lr_policy": "multistep",
            "gamma": 0.1,
            "stepvalue": [80000, 100000],
            "max_iter": 120000,
            "momentum": 0.9,
            "weight_decay": 0.0005,
            "average_loss": 10,
            "display": 10,
            "snapshot": 10000,
        },
        training="""Data: PASCAL VOC 2007 and 2012 in `voc0712_trainval_lmdb`, tests on VOC 2007 in
        `voc0712_test_lmdb`, both as the authors' scripts (`create_data.sh`) write them; the names of the
        classes in `labelmap_voc.prototxt`.

        Batches of 32, rate 0.001 divided by 10 after 80,000 and 100,000 of 120,000 iterations, from VGG-16
        trained on ImageNet. The data layer carries all of the authors' augmentation: colours that are distorted, a
        canvas of up to four times the side, cuts that hold some part of an object, resizing by methods that
        differ, and mirrors.""",
    ),
]
