"""Layers as plain NumPy functions, written to be read; the emitter copies them.

Arrays are (images, channels, height, width) unless a function says otherwise.
`f_backward` takes the gradient of the loss with respect to what `f` gave (dy), and
gives the gradients with respect to what `f` took. Speed is no aim here.
"""
