"""Rewrites of a model, one a file, and the order in which they run."""

from collections.abc import Callable

from netspec.passes.dense_to_conv import convolutional, reshaped
from netspec.passes.fold_norm import fold_norm
from netspec.passes.lower_tables import Choice, choices, lower_tables
from netspec.passes.size import check_size, deployed_bytes
from netspec.passes.training_only import drop_training_only
from netspec.weights import Model

Pass = Callable[[Model], Model]
DEPLOY: tuple[Pass, ...] = (drop_training_only, lower_tables, fold_norm)


def run(model: Model, passes: tuple[Pass, ...]) -> Model:
    """The model after each pass in order, every shape derived again after each."""
    for rewrite in passes:
        model = rewrite(model).check()
    return model


__all__ = [
    "DEPLOY",
    "Choice",
    "Pass",
    "check_size",
    "choices",
    "convolutional",
    "deployed_bytes",
    "lower_tables",
    "reshaped",
    "run",
]
