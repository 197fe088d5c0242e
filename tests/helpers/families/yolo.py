"""Rows of the YOLO layers. The gradients of the losses are darknet's deltas, no derivatives (layers/test_yolo.py)."""

from helpers.rows import Row

ANCHORS = "biases: 1 biases: 1.5 biases: 2 biases: 1 biases: 0.5 biases: 3"


def losses() -> list[Row]:
    region = f"num: 3 num_class: 2 {ANCHORS}"
    third = f"num: 2 num_class: 2 {ANCHORS} mask: 1 mask: 2 anchors_scale: 2"
    shapes = ((2, 14, 3, 4), (2, 1, 3, 5))
    rows = [
        Row(name, f"region_loss_param {{ {region} }}", ((2, 21, 3, 3), (2, 1, 3, 5)), integers={1: 1}, gradient=False)
        for name in ("RegionLoss", "Region")
    ]
    return rows + [
        Row("Yolov3", f"yolov3_param {{ {third} {text} }}", shapes, integers={1: 1}, gradient=False)
        for text in ("", "iou_loss: CIOU", "use_logic_gradient: true")
    ]


def detections() -> list[Row]:
    region = f"num_classes: 2 num_box: 3 {ANCHORS}"
    third = f"num_classes: 2 num_box: 2 {ANCHORS} anchors_scale: 4 anchors_scale: 2 mask: 1 mask: 2 mask: 0 mask: 1"
    maps = ((2, 21, 3, 3), (2, 21, 2, 2))
    return [
        Row("YoloDetectionOutput", f"yolo_detection_output_param {{ {region} }}", maps),
        Row("YoloDetectionOutput", f"yolo_detection_output_param {{ {region} confidence_threshold: 1 }}", maps[:1]),
        Row("Yolov3DetectionOutput", f"yolov3_detection_output_param {{ {third} }}", ((2, 14, 3, 4), (2, 14, 6, 8))),
    ]


ROWS = [*losses(), *detections()]
