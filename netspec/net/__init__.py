"""A net from a file: look at it, check, train, compile and run it. Commands and notebooks call this room."""

from netspec.net.net import Net
from netspec.net.reading import load, loads, read, setting, sound
from netspec.net.summary import Layer
from netspec.net.trained import Run

__all__ = ["Layer", "Net", "Run", "load", "loads", "read", "setting", "sound"]
