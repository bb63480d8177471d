"""A table spread over a dense kernel: where each number of the kernel comes from, and where its gradient goes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from netspec.engine.kernel import Array, Run


class Index(NamedTuple):
    """Of the dense kernel's numbers, flat: ``where`` the trained ones stand, ``source`` which compact one each is
    (``unique`` where none stands twice), and the fixed ``constants``, if there are any."""

    where: Array
    source: Array
    unique: bool
    constants: Array | None

    @classmethod
    def of(cls, numbers: Array, constants: Array | None) -> Index:
        """From a dense kernel that has the compact weights' numbers, from 1, in place of the weights; 0 for none."""
        flat = numbers.reshape(-1)
        where = np.flatnonzero(flat)
        source = flat[where] - 1
        unique = len(np.unique(source)) == len(source)
        return cls(where, source, unique, None if constants is None else constants.reshape(-1))

    def spread(self, compact: Array, dense: Array) -> Run:
        """The call that writes the trained weights into the dense kernel; what is fixed is written now."""
        flat, weights = dense.reshape(-1), compact.reshape(-1)
        where, source = self.where, self.source
        flat[:] = 0 if self.constants is None else self.constants

        def run() -> None:
            flat[where] = weights[source]

        return run

    def collect(self, dense: Array, compact: Array) -> Run:
        """The call that sums a dense gradient up into the compact one: all cells of a shared letter, none without."""
        flat, out = dense.reshape(-1), compact.reshape(-1)
        where, source = self.where, self.source
        if self.unique:

            def run() -> None:
                out[source] = flat[where]
        else:

            def run() -> None:
                out[:] = np.bincount(source, weights=flat[where], minlength=len(out))

        return run
