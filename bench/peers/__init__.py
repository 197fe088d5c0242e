"""netcc beside PyTorch and ONNX Runtime: the same nets, weights and inputs, one interleaved run (`make bench`)."""
