"""Batches of a training set: an order and random changes that the seed, the epoch and the picture decide."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.ahead import grouped
from netspec.data.arrays import Examples
from netspec.data.chain import apply, draws_needed, split
from netspec.data.inputs import Images, as_input, different_sizes, each
from netspec.data.label_pictures import follow, tested
from netspec.data.picture_files import PictureFiles, done, in_slices
from netspec.data.sets import Pictures
from netspec.data.targets import Target
from netspec.data.tested import views
from netspec.diagnostics import Fault
from netspec.machine import cores
from netspec.settings import Data, steps
from netspec.settings.losses import VOID, takes_labels

Array = NDArray[Any]
#: Pictures prepared at a time before training, and in evaluation.
SLICE = 512
#: Numbers of one input that are evaluated at a time.
MOST = 2**25
#: Shapes of pictures that are tried before the first step.
_TRIED = 256


Arrays = Mapping[str, Array]


class Batches:
    """Training batches of pictures or arrays.

    Of pictures in memory, what stands before the augmentation is done once; the rest, and all that arrays and pictures
    in files go through, is done as batches are asked for: both may be larger than memory.

    ``inputs`` are shapes by name (None for a free size), ``targets`` what each output is held against.
    """

    #: What is not done yet of what stands before the augmentation.
    before: Sequence[steps.Step] = ()

    def __init__(
        self,
        part: Pictures | Examples,
        data: Data,
        inputs: Mapping[str, tuple[int | None, ...]],
        targets: Sequence[Target],
        seed: int,
    ) -> None:
        self.part, self.inputs, self.targets, self.seed = part, inputs, targets, seed
        before, self.augment, self.after = split(data)
        if isinstance(part, Examples) and self.augment:
            raise Fault(
                "N707",
                "`augment` changes pictures, but the data are arrays",
                help="leave it out, or give pictures in folders",
            )
        self.followed = [*self.augment, *self.after]  # by label pictures
        self.held: dict[str, Any] = dict(sources(part, inputs))
        self.files = part.images if isinstance(part, Pictures) and isinstance(part.images, PictureFiles) else None
        self.ready = isinstance(part, Pictures) and not self.augment and self.files is None
        if self.files is not None:
            self.before = before[done(self.files) :] if self.augment else []
            self.after = self.after if self.augment else [*before, *self.after][done(self.files) :]
        elif self.ready:
            self.held = {name: _all(images, [*before, *self.after], inputs[name]) for name, images in self.held.items()}
        elif self.augment:
            self.held = {name: apply(images, before) for name, images in self.held.items()}
        else:
            self.after = [*before, *self.after]
        self.masks = None if not isinstance(part, Pictures) or part.masks is None else follow(part.masks, before)
        self.draws = draws_needed(self.augment)
        self._try()
        check(part, targets)

    def __len__(self) -> int:
        return len(self.part)

    def epoch(self, number: int, batch: int, first: int = 0) -> Generator[tuple[Arrays, Arrays], None, None]:
        """The batches of an epoch from the ``first`` on: inputs, channels last, and targets.

        The next ones are made while the net computes: of pictures in files by a thread a core, piece by piece.
        """
        rng = np.random.Generator(np.random.Philox(key=[self.seed % 2**64, 2 * number]))
        order = rng.permutation(len(self))
        places = [order[at : at + batch] for at in range(0, len(order), batch)][first:]
        piece = batch if self.files is None else self.files.at_a_time()
        threads = 1 if self.files is None else cores()
        groups = [[some[at : at + piece] for at in range(0, len(some), piece)] for some in places]
        made = grouped(groups, lambda some: self._batch(some, number), threads, len(groups[0]) + threads)
        with closing(made):
            for pieces in made:
                yield joined([inputs for inputs, _ in pieces]), joined([targets for _, targets in pieces])

    def _try(self) -> None:
        """A wrong size is an error before the first step: a picture of each shape is tried, within reason."""
        places = [0] if self.files is None else self.files.different()[:_TRIED]
        if self.files is not None and not self.augment:  # all together, as of pictures in memory
            shapes = [apply(self.files[[place]], self.after)[0].shape for place in places]
            blank = each([np.broadcast_to(np.float32(0), shape) for shape in shapes], np.asarray)
            as_input(blank, *self.inputs.values())
            del places[1:]
        for place in places:
            self._batch(np.array([place]), 0)

    def _batch(self, places: Array, epoch: int) -> tuple[Arrays, Arrays]:
        draws = self._drawn(places, epoch)
        chosen = {name: self._changed(images, places, draws) for name, images in self.held.items()}
        inputs = {name: self._finished(name, images) for name, images in chosen.items()}
        masks = None
        if self.masks is not None:
            masks = np.stack(follow([self.masks[place] for place in places.tolist()], self.followed, draws))
        return inputs, expected(self.part, self.targets, places, inputs, masks)

    def _finished(self, name: str, images: Images) -> Array:
        """As the net reads them; what stands behind the augmentation was done already where there is none."""
        if self.ready and isinstance(images, np.ndarray):
            return images
        return as_input(apply(images, self.after), self.inputs[name])

    def _drawn(self, places: Array, epoch: int) -> Array:
        """The numbers of some pictures' augmentation: those of picture i come from (seed, epoch, i) alone."""
        rows = np.empty((len(places), self.draws))
        for row, place in enumerate(places.tolist() if self.draws else ()):
            rows[row] = _uniform(self.seed, epoch, place, self.draws)
        return rows

    def _changed(self, images: Any, places: Array, draws: Array) -> Images:
        """Some pictures, augmented."""
        chosen = [images[i] for i in places] if isinstance(images, list) else images[places]
        return apply(apply(chosen, self.before), self.augment, draws) if self.augment else chosen


def check(part: Pictures | Examples, targets: Sequence[Target]) -> None:
    """Fault N707 where the data has nothing for an output, or a class that it has not, before the first step."""
    for target in targets:
        given = known(part, target.output)
        if isinstance(given, list):
            files = (part.files if isinstance(part, Pictures) else None) or [f"picture {n}" for n in range(len(given))]
            for file, mask in zip(files, given, strict=True):
                target.in_range(mask, f"the label picture of {file}")
            if target.voids and all((mask == VOID).all() for mask in given):
                raise Fault("N707", f"every place of the {len(given):,} label pictures is void (255)",
                            help="write the number of its class for each pixel: 0, 1 …")  # fmt: skip
        elif not target.rebuilds:
            target.of(given if given is None or given.ndim == 1 or takes_labels(target.loss) else given[:1], {})


def sources(part: Pictures | Examples, inputs: Sequence[str] | Mapping[str, Any]) -> dict[str, Images | PictureFiles]:
    """What each input reads. Fault N707 where the data has nothing for one."""
    names = list(inputs)
    if isinstance(part, Pictures):
        if len(names) > 1:
            raise Fault(
                "N707",
                f"pictures in folders are for a net with one input, but this net has {', '.join(names)}",
                help="give `train.npz` and `test.npz`, with an array for each input and output",
            )
        return {names[0]: part.images}
    missing = [name for name in names if name not in part.arrays]
    if missing:
        raise Fault(
            "N707",
            f"the data has nothing for input {missing[0]}",
            help=f"add an array called {missing[0]}, with what it reads",
        )
    return {name: part.arrays[name] for name in names}


def judged(part: Pictures | Examples, targets: Sequence[Target]) -> list[Target]:
    """The targets that a part says something of."""
    return [target for target in targets if target.rebuilds or known(part, target.output) is not None]


def known(part: Pictures | Examples, output: str) -> Any:
    """What the data knows of an output, None where that is nothing: pictures have one class, which is every output's.

    It is an array, or a list of label pictures.
    """
    if isinstance(part, Examples):
        return part.arrays.get(output)
    return part.labels if part.masks is None else part.masks


def expected(
    part: Pictures | Examples, targets: Sequence[Target], rows: Any, inputs: Arrays, masks: Array | None = None
) -> dict[str, Array]:  # fmt: skip
    """What each output should answer to the examples in ``rows``, which gave these inputs and ``masks``."""
    found = {target: known(part, target.output) for target in targets}
    return {
        target.output: target.of(masks if masks is not None else None if given is None else given[rows], inputs)
        for target, given in found.items()
    }


def _uniform(seed: int, epoch: int, picture: int, count: int) -> Array:
    """Numbers from 0 to 1 by a counter-based generator."""
    counter = np.array([0, 0, picture, 2 * epoch + 1], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=[seed % 2**64, 1], counter=counter)).random(count)


def _all(images: Images, chain: Sequence[steps.Step], shape: tuple[int | None, ...]) -> Array:
    return np.concatenate(
        [as_input(apply(images[at : at + SLICE], chain), shape) for at in range(0, len(images), SLICE)]
    )


def prepared(
    part: Pictures | Examples, data: Data, inputs: Mapping[str, tuple[int | None, ...]], targets: Sequence[Target]
) -> Generator[tuple[Arrays, Arrays], None, None]:  # fmt: skip
    """Slices of inputs, channels last, and targets, as evaluation and use see them.

    Of ten crops there are ten inputs for each target.
    """
    largest = max(prod(n or 1 for n in shape) for shape in inputs.values())
    several = isinstance(part, Pictures) and not isinstance(part.images, np.ndarray)
    if several and any(None in shape for shape in inputs.values()):
        largest = MOST  # each picture is of a size of its own
    size = max(1, min(SLICE, MOST // largest) // getattr(data.test, "crops", 1))
    with ExitStack() as stack:
        slices = {
            name: stack.enter_context(closing(_viewed(images, size, data, inputs[name])))
            for name, images in sources(part, inputs).items()
        }
        for at in range(0, len(part), size):
            rows = slice(at, at + size)
            ready = {name: next(views_of) for name, views_of in slices.items()}
            most = max(map(len, ready.values()))
            ready = {name: np.repeat(array, most // len(array), axis=0) for name, array in ready.items()}
            masks = None
            if isinstance(part, Pictures) and part.masks is not None:
                masks = np.stack(tested(part.masks[rows], data))
            yield ready, expected(part, targets, rows, ready, masks)


def _viewed(
    images: Images | PictureFiles, size: int, data: Data, shape: tuple[int | None, ...]
) -> Generator[Array, None, None]:
    skip = done(images)
    with closing(in_slices(images, size, lambda some: views(some, data, shape, skip))) as slices:
        for pieces in slices:
            yield joined([{"": piece} for piece in pieces])[""]


def joined(pieces: Sequence[Arrays]) -> Arrays:
    """Pieces of one batch together. Raises Fault N703 where their sizes differ."""
    if len(pieces) == 1:
        return pieces[0]
    for name in pieces[0]:
        if len({piece[name].shape[1:] for piece in pieces}) > 1:
            raise different_sizes()
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
