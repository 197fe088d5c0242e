"""Kernels over channels-last arrays: how the plan computes what layers define, in another order of memory.

A layer's own `forward` and `backward` say what is computed; a kernel of this room computes the same faster. Arrays are
(images, height, width, channels) with the channels of a pixel side by side; a pixel may be followed by a gap, where its
channels are a range of a wider blob's.
"""
