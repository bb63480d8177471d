"""The training step of a net as one ONNX graph: forward, loss, backward and update in standard operators."""

from netspec.interop.train_step.step import train_step

__all__ = ["train_step"]
