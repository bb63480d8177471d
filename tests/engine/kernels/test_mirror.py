"""A kernel lies where its operator does: `ops/conv.py` and `engine/kernels/conv/`, family by family, no file without a
kernel's use."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

from netspec.engine import kernels
from netspec.engine.kernel import Kernel
from netspec.engine.kernels import KERNELS, METHODS
from netspec.ops import FAMILIES, Operator

#: What several families use: functions and a table's parts, no kernel of its own.
COMMON = {"special", "table_blocks", "table_index"}


def files() -> list[ModuleType]:
    """All files of the kernels."""
    return [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(kernels.__path__, "netspec.engine.kernels.")
    ]


def family(module: str) -> str:
    """The part of a module's name that a kernel shares with its operator."""
    return module.removeprefix("netspec.engine.kernels.").removeprefix("netspec.ops.").split(".")[0]


@pytest.mark.parametrize("op", KERNELS, ids=lambda op: op.name)
def test_an_operators_kernel_is_of_its_family(op: type[Operator]) -> None:
    assert family(KERNELS[op].__module__) == family(op.__module__)


def test_every_way_to_run_a_convolution_is_of_its_family() -> None:
    assert {family(kind.__module__) for kind in METHODS.values()} == {"conv"}


def test_families_are_those_of_the_operators() -> None:
    names = {family(file.__name__) for file in files()}
    assert names - COMMON == {family(module.__name__) for module in FAMILIES}


def test_ways_are_sisters_and_none_undoes_what_another_does() -> None:
    """No way to run a convolution is a kind of another, but for tiles of another size."""
    for kind in METHODS.values():
        others = [other for other in METHODS.values() if other is not kind and issubclass(kind, other)]
        assert [other.method for other in others] in ([], ["tiles of 2"])


def test_what_is_common_has_no_kernel() -> None:
    for file in files():
        if family(file.__name__) in COMMON:
            assert not [v for v in vars(file).values() if inspect.isclass(v) and issubclass(v, Kernel)], file.__name__
