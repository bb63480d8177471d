"""The training step of a net as one ONNX graph: forward, loss, backward and update in standard operators."""

from netspec.interop.train_step.needs import bytes_of
from netspec.interop.train_step.optimisers import kept_names
from netspec.interop.train_step.step import own, train_step

__all__ = ["bytes_of", "kept_names", "own", "train_step"]
