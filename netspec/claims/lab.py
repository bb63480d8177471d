"""What claims measure with: nets, pictures that are shipped or drawn or one's own, and trainings to a curve."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from os import times
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

import netspec
from netspec.claims.coloured import coloured
from netspec.claims.own import own_digest, own_pictures
from netspec.claims.pictures import Pictures
from netspec.data.shipped import DEMO, specs
from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch, Progress
from netspec.files import atomic_write, read_regular
from netspec.settings import Data

Array = NDArray[Any]
NETS = Path(__file__).parent / "told"
#: Bytes of a file of figures at most.
LARGEST = 2**26


def processor() -> float:
    """Seconds of processor that this process and its ended children have used: what else is at work does not count."""
    return sum(times()[:4])


def written(path: Path) -> dict[str, Any]:
    """The object that ``write`` wrote; an empty one where there is none, or where it was changed since."""
    try:
        found = json.loads(read_regular(path, LARGEST))
    except (Fault, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("seal") == _seal(found) else {}


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write what was found, with a digest that tells whether it is still that."""
    sealed = {**found, "seal": _seal(found)}
    atomic_write(path, json.dumps(sealed, indent=1, ensure_ascii=False).encode())


def _seal(found: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in found.items() if name != "seal"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Learned:
    """A training: the mean loss of each epoch and of each step, right answers in training and on the other part.

    ``weights`` are the last ones, ``data`` the preparation with what was measured, ``seconds`` those of processor.
    """

    net: netspec.Net
    losses: Sequence[float]
    steps: Sequence[float]
    accuracies: Sequence[float]
    tests: Sequence[float]
    weights: Mapping[str, Array]
    data: Data
    seconds: float

    @property
    def accuracy(self) -> float:
        """The share of right answers on the other part, at the end."""
        return self.tests[-1]

    def values(self, x: Array) -> Mapping[str, Array]:
        """What the engine answers to prepared inputs, by output."""
        return self.net.values(self.weights, x)


@dataclass(frozen=True)
class Lab:
    """``seeds`` to measure with, ``data`` of one's own; ``quick`` makes all of it small, to see that it runs.

    What several claims measure is kept in ``folder``.
    """

    seeds: Sequence[int] = (1, 2, 3)
    data: Path | None = None
    quick: bool = False
    folder: Path | None = None
    tell: Callable[[str], None] = lambda text: None
    _read: dict[tuple[int, int, int], Pictures] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def given(self) -> dict[str, Any]:
        """What a result hangs on besides the machine; of one's own pictures the bytes count, not the folder's name."""
        data = None if self.data is None else {"folder": str(self.data.absolute()), "digest": self._digest()}
        return {"version": netspec.__version__, "seeds": list(self.seeds), "quick": self.quick, "data": data}

    def net(self, name: str, **parameters: Any) -> netspec.Net:
        """A net of the claims, or one of the zoo, such as `rank/vgg`."""
        own = NETS / f"{name}.net"
        return netspec.load(own if own.is_file() else specs() / f"{name}.net", **parameters)

    def few(self, whole: int, quick: int = 1) -> int:
        """A number, or a small one with ``quick``."""
        return quick if self.quick else whole

    # ---- pictures

    def digits(self, train: int = 10_000, test: int = 2_000) -> Pictures:
        """So many of MNIST's digits that are shipped, 28 × 28 of one map; or of ``data``, brought to that size."""
        return self._pictures(train, test, 1)

    def coloured(self, train: int = 3_000, test: int = 1_000) -> Pictures:
        """So many of those digits in colour, 32 × 32 of three maps; or of ``data``, brought to that size."""
        return self._pictures(train, test, 3)

    def _pictures(self, train: int, test: int, maps: int) -> Pictures:
        key = (self.few(train, 128), self.few(test, 64), maps)
        if key not in self._read:
            if self.data is not None:
                self._read[key] = own_pictures(self.data, *key)
            else:
                digits = own_pictures(DEMO, *key[:2], 1)
                self._read[key] = digits if maps == 1 else coloured(digits)
        return self._read[key]

    def _digest(self) -> str:
        """Of all pictures that are given, read once."""
        if "digest" not in self._digests and self.data is not None:
            self._digests["digest"] = own_digest(self.data)
        return self._digests["digest"]

    # ---- trainings

    def learn(
        self,
        net: netspec.Net,
        data: Pictures | Mapping[str, Any],
        epochs: int,
        seed: int = 1,
        rate: float | None = None,
    ) -> Learned:
        """Train for some epochs, judging each by the other part; ``data`` may be arrays by part, as `Net.fit` has."""
        parts = data.parts() if isinstance(data, Pictures) else data
        done, begun = list[Epoch](), processor()
        steps: list[float] = []
        with closing(net.train(parts, epochs=self.few(epochs), seed=seed, rate=rate)) as events:
            for event in events:
                if isinstance(event, Progress):
                    steps.append(event.loss)
                elif isinstance(event, Epoch):
                    done.append(event)
                    right = "" if event.val_accuracy is None else f", {event.val_accuracy:.2%} right"
                    self.tell(f"{net.name}, seed {seed}, epoch {event.number}: loss {event.loss:.4f}{right}")
        return Learned(
            net,
            [epoch.loss for epoch in done],
            steps,
            [epoch.accuracy or 0.0 for epoch in done],
            [epoch.val_accuracy or 0.0 for epoch in done],
            done[-1].weights(),
            events.training.data,
            processor() - begun,
        )

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """What several claims share, as JSON: measured once, and kept beside their pages."""
        path = None if self.folder is None else self.folder / f"{name}.json"
        kept = {} if path is None else written(path)
        if kept.get("given") != self.given() or "measured" not in kept:
            kept = {"given": self.given(), "measured": json.loads(json.dumps(measure()))}
            if path is not None:
                write(path, kept)
        return kept["measured"]
