"""ONNX, weights and files, in and out."""
