"""Rows of the layers that cut away or add a rim."""

from helpers.rows import Row

PLANES = (2, 3, 5, 7)

ROWS = [
    Row("Crop", "", (PLANES, (2, 4, 4, 3))),
    Row("Crop", "crop_param { axis: 1 offset: 1 offset: 0 offset: 3 }", (PLANES, (2, 2, 5, 3))),
    Row("Crop", "crop_param { axis: -1 offset: 2 }", ((3, 4), (3, 2))),
    Row("Crop", "crop_param { axis: 3 }", (PLANES, (1, 1, 1, 7))),
    Row("CropCenter", "crop_center_param { crop_size: [0, 0, 1, 3] }", (PLANES,)),
    Row("CropCenter", "crop_center_param { crop_size: [0, 1] }", ((3, 4),)),
    Row("Padding", "", (PLANES,)),
    Row("Padding", "padding_param { pad_t: 1 pad_r: 2 pad_value: 0.5 }", (PLANES,)),
    Row("Padding", "padding_param { pad_h: 1 pad_w_left: 2 pad_to_power_of_2: true }", (PLANES,)),
]
