"""Pictures in files: decoded once where they are kept, ahead and in order, the same wherever they come from.

The bound of what is kept, and what becomes of a disk that is full.
"""

from __future__ import annotations

import errno
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.data import picture_files, store
from netspec.data.ahead import in_order
from netspec.data.batches import Batches, prepared
from netspec.data.chain import fronts
from netspec.data.digest import digest
from netspec.data.held_out import held_out
from netspec.data.images import Reading, read_begun, read_image
from netspec.data.measured import measured
from netspec.data.picture_files import PictureFiles
from netspec.data.sets import Pictures, read_set
from netspec.data.store import Placed, Store
from netspec.data.targets import Target
from netspec.diagnostics import Fault
from netspec.settings import Data, steps

TARGET = Target("y", "cross_entropy", "softmax", (2,))
SHAPE = {"x": (3, 8, 8)}
RESIZE, SCALE = steps.Resize(height=8), steps.Scale(factor=0.5)
PLAIN = Data(prepare=(RESIZE, steps.Subtract(what="mean"), SCALE))
#: The same, with pictures of all sizes up to the augmentation.
CHANGED = Data(
    prepare=(steps.Invert(), steps.Augment(), RESIZE, SCALE), augment=(steps.RandomResizedCrop(size=9), steps.Mirror())
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """25 pictures of 5 sizes in two classes, one in five grey."""
    here, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(4)
    for number in range(25):
        path = here / "train" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (10 + number % 5, 20, 3) if number % 5 else (10, 20)
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(path)
    return here


def read(folder: Path, data: Data, kept: Store) -> Pictures:
    return read_set(folder, "train", None, Reading.of(data).kept(kept, *fronts(data)))


def given(part: Pictures, data: Data) -> list[np.ndarray[Any, Any]]:
    """All that a training and its judge are given in two epochs and a half."""
    data = measured(data, part, SHAPE)
    batches = Batches(part, data, SHAPE, [TARGET], 7)
    found = [np.array(step.value) for step in data.prepare if isinstance(step, steps.Subtract)]
    for epoch, first in ((0, 0), (1, 0), (2, 2)):
        for inputs, targets in batches.epoch(epoch, 7, first):
            found += [inputs["x"], targets["y"]]
    return [*found, *(inputs["x"] for inputs, _ in prepared(part, data, SHAPE, [TARGET]))]


@pytest.mark.slow
@pytest.mark.parametrize("data", [PLAIN, CHANGED], ids=["plain", "augmented"])
def test_the_numbers_are_those_of_pictures_in_memory_however_they_are_kept(
    folder: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = read_set(folder, "train")
    images = [read_image(path) for path in plain.files or []]
    expected = given(Pictures(images, plain.labels, plain.classes), data)
    for kept, threads, piece in [(Store(0), 1, 1), (Store(0), 3, 2000), (Store(), 2, 1), (Store(in_memory=0), 3, 2**22),
                                 (Store(2000), 2, 1000), (Store(2000, 500), 2, 1)]:  # fmt: skip
        monkeypatch.setattr(picture_files, "cores", lambda count=threads: count)
        monkeypatch.setattr(picture_files, "PIECE", piece)
        found = given(read(folder, data, kept), data)
        assert len(found) == len(expected) and all(map(np.array_equal, found, expected))


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    count: Counter[str] = Counter()

    def counting(path: Path, first: Any, reading: Reading) -> Any:
        count[path.name] += 1
        return read_begun(path, first, reading)

    monkeypatch.setattr(picture_files, "read_begun", counting)
    return count


@pytest.mark.parametrize(("most", "times"), [(None, 1), (0, 5)])
def test_what_is_kept_is_decoded_once(folder: Path, decodings: Counter[str], most: int | None, times: int) -> None:
    """Reading, the mean, two epochs and a judge are five times."""
    part = read(folder, PLAIN, Store(most))
    data = measured(PLAIN, part, SHAPE)
    batches = Batches(part, data, SHAPE, [TARGET], 7)
    tried = sum(decodings.values()) - 2 * 25 if most == 0 else 0
    for epoch in range(2):
        assert sum(len(inputs["x"]) for inputs, _ in batches.epoch(epoch, 10)) == 25
    assert sum(len(inputs["x"]) for inputs, _ in prepared(part, data, SHAPE, [TARGET])) == 25
    assert sum(decodings.values()) - tried == times * 25
    rest, chosen = (one for one in held_out(part, 0.2, 0))
    assert isinstance(chosen, Pictures) and len(rest) + len(chosen) == 25
    assert all(np.array_equal(image, part.images[(part.keys or []).index(key)]) for image, key in
               zip(chosen.images, chosen.keys or [], strict=True))  # fmt: skip


def test_pictures_are_kept_behind_the_steps_that_leave_bytes(folder: Path) -> None:
    """8 x 8 pictures, 20 of three maps and 5 of one: 4,160 bytes."""
    kept = Store()
    part = read(folder, PLAIN, kept)
    assert {image.dtype.name for image in part.images} == {"uint8"}
    assert kept.held - 25 * 128 == 20 * 192 + 5 * 64
    assert isinstance(part.images, PictureFiles) and part.images.original(0).shape == (10, 20, 1)


CROP, GREY, NORM = steps.CenterCrop(height=6), steps.Grayscale(), steps.Normalize(mean=1.0, std=2.0)
MARK, RANGE, TEN = steps.Augment(), steps.Range(low=0.0, high=1.0), steps.TenCrop(size=6)


@pytest.mark.parametrize(
    ("data", "trained", "judged"),
    [
        (Data(prepare=(RESIZE, GREY, NORM, CROP)), (RESIZE, GREY), (RESIZE, GREY)),
        (Data(prepare=(RESIZE, CROP), augment=(steps.Mirror(),)), (), (RESIZE, CROP)),
        (Data(prepare=(RESIZE, MARK, GREY, NORM), augment=(steps.Mirror(),)), (RESIZE,), (RESIZE, GREY)),
        (Data(prepare=(RESIZE, CROP, NORM), test=TEN), (RESIZE,), (RESIZE,)),  # the crop gives way to the test's
        (Data(prepare=(RANGE, RESIZE, NORM)), (RANGE, RESIZE), (RANGE, RESIZE)),
    ],
)
def test_the_steps_in_front(data: Data, trained: tuple[Any, ...], judged: tuple[Any, ...]) -> None:
    assert fronts(data) == (trained, judged)


def pieces(count: int, length: int = 1000) -> list[np.ndarray[Any, Any]]:
    return [np.full((length,), number, np.uint8) for number in range(count)]


def test_memory_then_a_file_then_nothing() -> None:
    kept = Store(6000, 3000)
    places = [kept.keep(one) for one in pieces(10)]
    assert [type(place) for place in places] == [np.ndarray] * 2 + [Placed] * 3 + [type(None)] * 5
    for number, place in enumerate(places[:5]):
        found = kept.read(place)  # type: ignore[arg-type]
        assert found is not None and found.tolist() == [number] * 1000 and not found.flags.writeable
    assert kept.told() == (
        "pictures: 2.26 KB kept in memory, 3 KB kept in a file, decoded anew each epoch: 5 KB do not fit `--cache 6KB`"
    )
    assert Store().told() is None
    for few in (0, 1):
        nothing = Store(few)
        nothing.keep(pieces(1)[0])
        assert (nothing.told() or "").endswith(f"do not fit `--cache {few}`")


def test_a_part_of_a_picture_does_not_hold_the_whole() -> None:
    place = Store().keep(np.zeros((1000, 1000), np.uint8)[:2, :2])
    assert isinstance(place, np.ndarray) and place.base is None


def test_a_full_disk_gives_the_file_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Store(in_memory=0)
    whole = [np.asarray(image) for image in read(folder, PLAIN, kept).images]
    part = read(folder, PLAIN, full := Store(in_memory=0))

    class Full:
        def seek(self, at: int) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    assert full.filed and full._file is not None
    full._file.close()
    full._file = Full()  # type: ignore[assignment]
    assert full.keep(np.zeros(9, np.uint8)) is None and full.filed == 0
    assert "a temporary file cannot be written: no space left on device" in (full.told() or "")
    assert all(map(np.array_equal, part.images, whole))  # decoded anew


def test_no_place_for_temporary_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: Any, **named: Any) -> Any:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(store.tempfile, "mkstemp", nowhere)
    part = read(folder, PLAIN, kept := Store(in_memory=0))
    assert "no usable temporary directory found" in (kept.told() or "")
    assert len(list(part.images)) == 25


def test_nothing_is_left_where_temporary_files_go(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.tempfile, "tempdir", str(tmp_path))
    read(folder, PLAIN, kept := Store(in_memory=0))
    assert kept.filed == 20 * 192 + 5 * 64 and not list(tmp_path.iterdir())


def test_the_digest_is_of_the_files_and_labels(folder: Path, tmp_path: Path) -> None:
    parts = [read(folder, PLAIN, Store(most)) for most in (None, 0)]
    assert digest(parts[0]) == digest(parts[1]) == digest(read(folder, CHANGED, Store()))
    assert digest(held_out(parts[0], 0.2, 0)[0]) != digest(parts[0])
    (tmp_path / "train").symlink_to(folder / "train")
    assert digest(read(tmp_path, PLAIN, Store())) == digest(parts[0])
    moved = Pictures(parts[0].images, 1 - parts[0].labels)
    assert digest(moved) != digest(parts[0])


def test_no_more_is_begun_than_is_asked_for_ahead() -> None:
    begun, lock = Counter[str](), threading.Lock()

    def work(job: int) -> int:
        with lock:
            begun["jobs"] += 1
        return job * job

    def jobs() -> Iterator[int]:
        yield from range(100)

    with closing(in_order(jobs(), work, 4, 6)) as results:
        for number, result in enumerate(results):
            assert result == number * number
            assert begun["jobs"] <= number + 6
            if number == 50:
                break
    assert begun["jobs"] <= 56


def test_pictures_that_stay_of_several_sizes_are_told_before_the_first_step(folder: Path) -> None:
    part = read(folder, Data(), Store())
    with pytest.raises(Fault, match="different sizes after their preparation"):
        Batches(part, Data(), SHAPE, [TARGET], 0)
    small = Data(augment=(steps.RandomCrop(size=13),), prepare=(steps.Augment(),))
    with pytest.raises(Fault, match="a crop of 13 x 13 does not fit"):
        Batches(part, small, {"x": (3, 13, 13)}, [TARGET], 0)
