"""What generators say of a table by arithmetic: connections, the most and fewest an output; cells when asked."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rule:
    """A table whose cells are all ``X``, or with ``equal`` all ``=``.

    ``most`` and ``least`` are the most and the fewest connections of one output.
    """

    inputs: int
    outputs: int
    connections: int
    most: int
    least: int
    equal: bool = False

    def fan_ins(self) -> Ints:
        """Connections of each output."""
        import numpy as np

        return np.full(self.outputs, self.most)

    def places(self) -> tuple[Ints, Ints]:
        """Output and input of each cell, ordered by output, then input."""
        raise NotImplementedError

    def transposed(self) -> Rule | None:
        """The rule with inputs and outputs exchanged, where that is one whose figures are known."""
        return None


@dataclass(frozen=True)
class Runs(Rule):
    """Each output takes neighbours: the inputs from ``low`` up to, not with, ``high``."""

    def low(self, j: Any) -> Any:
        """The first input of outputs ``j``, a number or an array."""
        raise NotImplementedError

    def high(self, j: Any) -> Any:
        """One behind the last input of outputs ``j``."""
        raise NotImplementedError

    def fan_ins(self) -> Ints:
        import numpy as np

        j = np.arange(self.outputs)
        return np.asarray(self.high(j) - self.low(j))

    def places(self) -> tuple[Ints, Ints]:
        import numpy as np

        j = np.arange(self.outputs)
        return _along(self.low(j), self.high(j))


def crossed(a: Runs, b: Runs) -> Ints:
    """The keys of the cells that two such tables both have."""
    import numpy as np

    j = np.arange(a.outputs)
    output, input_ = _along(np.maximum(a.low(j), b.low(j)), np.minimum(a.high(j), b.high(j)))
    return output * a.inputs + input_


def _along(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Output and input of each cell where output j takes the inputs from ``low[j]`` up to, not with, ``high[j]``."""
    import numpy as np

    counts = np.maximum(high - low, 0)
    output = np.repeat(np.arange(len(low)), counts)
    within = np.arange(len(output)) - np.repeat(np.cumsum(counts) - counts, counts)
    return output, np.repeat(low, counts) + within


@dataclass(frozen=True)
class Identity(Runs):
    """Input i to output i, as far as both go."""

    def low(self, j: Any) -> Any:
        return j

    def high(self, j: Any) -> Any:
        return j + (j < self.connections)

    def transposed(self) -> Rule:
        return identity(self.outputs, self.inputs, self.equal)


def identity(inputs: int, outputs: int, equal: bool = False) -> Identity:
    """Input i to output i, as far as both go."""
    return Identity(inputs, outputs, min(inputs, outputs), 1, int(outputs <= inputs), equal)


@dataclass(frozen=True)
class Groups(Runs):
    """Equal runs of maps, each full in itself; ``most`` is a run's inputs."""

    groups: int = 1

    def low(self, j: Any) -> Any:
        return j // (self.outputs // self.groups) * self.most

    def high(self, j: Any) -> Any:
        return self.low(j) + self.most

    def transposed(self) -> Rule:
        return groups(self.outputs, self.inputs, self.groups)


def groups(inputs: int, outputs: int, n: int) -> Groups:
    """``n`` equal runs of maps, each full in itself; ``n`` divides both."""
    return Groups(inputs, outputs, outputs * (inputs // n), inputs // n, inputs // n, groups=n)


@dataclass(frozen=True)
class Band(Runs):
    """Output j to the ``width`` inputs from j·inputs//outputs − width//2 on, as far as they exist: one does."""

    width: int = 1

    def low(self, j: Any) -> Any:
        return _at_least(j * self.inputs // self.outputs - self.width // 2, 0)

    def high(self, j: Any) -> Any:
        return _at_most(j * self.inputs // self.outputs - self.width // 2 + self.width, self.inputs)

    def transposed(self) -> Rule:
        rows = BandRows(self.outputs, self.inputs, self.connections, 0, 0, width=self.width)
        return BandRows(self.outputs, self.inputs, self.connections, *rows.extremes(), width=self.width)


def band(inputs: int, outputs: int, width: int) -> Band:
    """A band; its connections are ``width`` an output, less those in front of the first input and behind the last."""
    width = min(width, 2 * (inputs + outputs))  # what is wider reaches everything too
    half = width // 2
    # outputs 0 … front−1 begin before the first input, outputs back … end behind the last
    front = min(outputs, -(-half * outputs // inputs))
    back = max(0, min(outputs, -(-(inputs - width + half + 1) * outputs // inputs)))
    lost = front * half - floor_sum(front, inputs, outputs)
    lost += (
        floor_sum(outputs, inputs, outputs)
        - floor_sum(back, inputs, outputs)
        - (outputs - back) * (inputs - width + half)
    )
    sized = Band(inputs, outputs, width * outputs - lost, 0, 0, width=width)
    edges = [
        at
        for edge in (half, inputs - width + half + 1)
        for at in (-(-edge * outputs // inputs) - 1, -(-edge * outputs // inputs))
    ]
    counts = [sized.high(j) - sized.low(j) for j in {0, outputs - 1, *(min(max(at, 0), outputs - 1) for at in edges)}]
    return Band(inputs, outputs, sized.connections, max(counts), min(counts), width=width)


@dataclass(frozen=True)
class BandRows(Runs):
    """A band seen from its inputs: output i takes the j with 0 <= i − (j·outputs//inputs − width//2) < ``width``."""

    width: int = 1

    def low(self, j: Any) -> Any:
        return self._first(j + self.width // 2 - self.width + 1)

    def high(self, j: Any) -> Any:
        return self._first(j + self.width // 2 + 1)

    def _first(self, reached: Any) -> Any:
        """The first input whose output, by the slope of the band, is not before ``reached``."""
        return _at_most(_at_least(-(-reached * self.inputs // self.outputs), 0), self.inputs)

    def extremes(self) -> tuple[int, int]:
        """The most and the fewest connections of an output, looked at in portions."""
        import numpy as np

        most, least = 0, self.inputs
        for start in range(0, self.outputs, 2**18):
            j = np.arange(start, min(start + 2**18, self.outputs))
            counts = self.high(j) - self.low(j)
            most, least = max(most, int(counts.max())), min(least, int(counts.min()))
        return most, least

    def transposed(self) -> Rule:
        return band(self.outputs, self.inputs, self.width)


@dataclass(frozen=True)
class Random(Rule):
    """``most`` different inputs for each output, the same everywhere for one seed.

    Output j takes the inputs i with the smallest SplitMix64 hashes of (seed, j, i), so the choice depends
    on no library's random stream (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
    """

    seed: int = 0

    def places(self) -> tuple[Ints, Ints]:
        import numpy as np

        fan_in = self.most
        chosen = np.empty((self.outputs, fan_in), dtype=np.int64)
        every = np.arange(self.inputs, dtype=np.uint64)
        seed = int(_mixed(np.array([self.seed % 2**64], dtype=np.uint64))[0])
        for j in range(self.outputs):
            keys = _mixed(_mixed(np.array([seed ^ j], dtype=np.uint64)) + every)
            chosen[j] = np.sort(np.argpartition(keys, fan_in - 1)[:fan_in])
        return np.repeat(np.arange(self.outputs), fan_in), chosen.reshape(-1)


def random(inputs: int, outputs: int, fan_in: int, seed: int) -> Random:
    """``fan_in`` different inputs for each output."""
    return Random(inputs, outputs, outputs * fan_in, fan_in, fan_in, seed=seed)


@dataclass(frozen=True, eq=False)
class Places(Rule):
    """Cells that had to be laid out to be counted; ``keys`` are output · inputs + input, in order."""

    keys: Any = None

    def fan_ins(self) -> Ints:
        import numpy as np

        return np.bincount(self.keys // self.inputs, minlength=self.outputs)

    def places(self) -> tuple[Ints, Ints]:
        import numpy as np

        output, input_ = np.divmod(self.keys, self.inputs)
        return output, input_


def places(inputs: int, outputs: int, keys: Ints) -> Places:
    """The cells with these keys, which are in order and different."""
    import numpy as np

    output = keys // inputs
    counts = np.diff(np.flatnonzero(np.diff(output, prepend=-1)), append=len(output))
    most, least = int(counts.max(initial=0)), int(counts.min(initial=2**62)) if len(counts) == outputs else 0
    return Places(inputs, outputs, len(keys), most, least, keys=keys)


def floor_sum(n: int, a: int, m: int) -> int:
    """The sum of ``i·a // m`` over i from 0 to n − 1, in as many steps as Euclid's algorithm takes."""
    total, b = 0, 0
    while n > 0:
        total += (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        top = a * n + b
        n, b, a, m = top // m, top % m, m, a
        if m == 0:
            break
    return total


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 of an array of uint64."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _at_least(value: Any, bound: int) -> Any:
    """The larger, of a number or of each in an array."""
    if isinstance(value, int):
        return max(value, bound)
    import numpy as np

    return np.maximum(value, bound)


def _at_most(value: Any, bound: int) -> Any:
    """The smaller, of a number or of each in an array."""
    if isinstance(value, int):
        return min(value, bound)
    import numpy as np

    return np.minimum(value, bound)
