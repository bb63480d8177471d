"""netspec: networks written down, checked, trained and compiled.

The notebook's names are handed out when they are asked for: importing this loads neither NumPy nor onnx.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from netspec.diagnostics import Fault, Problems, Source, SpecError, render
    from netspec.elaborate import elaborate
    from netspec.interop.export import export
    from netspec.language import format_text, parse
    from netspec.net import Net, Run, load, loads

__version__ = "0.1.0"

_WHERE = {
    "Fault": "netspec.diagnostics", "Problems": "netspec.diagnostics", "Source": "netspec.diagnostics",
    "SpecError": "netspec.diagnostics", "render": "netspec.diagnostics", "elaborate": "netspec.elaborate",
    "export": "netspec.interop.export", "format_text": "netspec.language", "parse": "netspec.language",
    "Net": "netspec.net", "Run": "netspec.net", "load": "netspec.net", "loads": "netspec.net",
}  # fmt: skip

__all__ = [
    "Fault",
    "Net",
    "Problems",
    "Run",
    "Source",
    "SpecError",
    "elaborate",
    "export",
    "format_text",
    "load",
    "loads",
    "parse",
    "render",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    module = importlib.import_module(_WHERE[name])
    return getattr(module, name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext netspec` does: a cell that begins with `%%netspec` is a spec."""
    importlib.import_module("netspec.net.notebook").register(shell)


def __dir__() -> list[str]:
    return __all__
