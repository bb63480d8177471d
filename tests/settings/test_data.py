"""What `data` means, in and out of JSON, where a test's crop stands, and the rules of models that name none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netspec.settings import Data, steps
from netspec.settings.arguments import Arguments, Refused
from netspec.settings.conventions import as_first, is_first
from netspec.settings.picture import Picture
from tests.data.rules import FIXED, RANDOM, TESTS

SCALE = steps.Scale(factor=2.0)
EVERY = [row.step for row in (*FIXED, *RANDOM)]


@pytest.mark.parametrize("step", EVERY, ids=str)
def test_a_step_comes_back_from_json(step: steps.Step) -> None:
    data = Data(prepare=(step,))
    kept = json.loads(json.dumps(data.to_json()))
    assert kept["conventions"] == "torchvision"
    assert kept["prepare"] == [{"step": step.name, **step.arguments()}]
    back = Data.from_json(kept)
    assert back == data
    assert type(back.prepare[0]) is type(step)


@pytest.mark.parametrize("row", TESTS, ids=str)
def test_a_test_and_classes_come_back_from_json(row: Any) -> None:
    data = Data(classes=["a", "b"], prepare=(SCALE, steps.Augment(), steps.Invert()), test=row.step)
    assert Data.from_json(json.loads(json.dumps(data.to_json()))) == data
    assert Data.from_json({"prepare": [], "conventions": "torchvision"}) == Data()


@pytest.mark.parametrize(
    ("kept", "error"),
    [
        ({"prepare": [], "conventions": "of tomorrow"}, "the conventions 'of tomorrow' are not known"),
        ({"prepare": [{"step": "blur"}]}, "blur"), ({"prepare": [{"step": "scale"}]}, "factor is missing"),
        ({"prepare": [], "test": {"step": "resize", "height": 3}}, "resize"), ({}, "prepare"),
        ({"prepare": [{"step": "scale", "factor": 1.0, "offset": 2}]}, "offset is not taken"),
    ],
)  # fmt: skip
def test_what_is_not_such_json(kept: dict[str, Any], error: str) -> None:
    with pytest.raises((ValueError, KeyError), match=error):
        Data.from_json(kept)


def test_a_model_without_conventions_keeps_the_first_ones() -> None:
    now = Data(prepare=(steps.Resize(short=10), steps.CenterCrop(height=4), SCALE), test=steps.TenCrop(size=4))
    kept = now.to_json()
    del kept["conventions"]
    first = Data.from_json(kept)
    # 37 / 21 · 10 = 17.6: cut off, or rounded; of 3 to cut off before a crop 2 (to even), or 1; of 5 then 2 both times
    assert [data.prepare[0].sizes(21, 37) for data in (now, first)] == [(10, 17), (10, 18)]
    assert [data.prepare[1].before(3) for data in (now, first)] == [2, 1]
    assert [data.test.before(3) for data in (now, first)] == [2, 1]
    assert [data.test.before(5) for data in (now, first)] == [2, 2]
    assert first.prepare[0].sizes(1000, 1) == (10000, 10)
    assert as_first(steps.Resize(short=1)).scaled(1, 3) == 1  # never nothing
    assert first.prepare[2] == SCALE
    assert first.to_json() == kept
    assert [is_first(step) for step in (*first.prepare, first.test, *now.prepare, now.test, None)] == [
        True, True, False, True, False, False, False, False, False,
    ]  # fmt: skip


def test_weights_bring_preparation_classes_and_conventions_with_them() -> None:
    spec = Data(prepare=(steps.Subtract(what="mean"),), test=steps.TenCrop(size=4), augment=(steps.Mirror(),))
    kept = Data(classes=["a"], prepare=(steps.Subtract(what="mean", value=[3.0]),))
    used = spec.with_measured(kept)
    assert (used.classes, used.prepare, used.test, used.augment) == (["a"], kept.prepare, spec.test, spec.augment)
    assert spec.replaced(classes=["b"]).with_measured(kept).classes == ["b"]
    old = Data.from_json({"prepare": [{"step": "center_crop", "height": 3}]})
    assert is_first(spec.with_measured(old).test)
    assert not is_first(used.test)


CROP, SMALL, WIDE = steps.CenterCrop(height=9), steps.CenterCrop(height=8), steps.CenterCrop(height=7, width=9)
RESIZE = steps.Resize(height=9)
MARK, GREY = steps.Augment(), steps.Grayscale()


@pytest.mark.parametrize(
    ("prepare", "test", "before", "after"),
    [
        ((), None, (), ()),
        ((SCALE, GREY), None, (), (SCALE, GREY)),
        ((RESIZE, SCALE), None, (RESIZE,), (SCALE,)),
        ((SCALE, MARK, GREY), SMALL, (SCALE,), (GREY,)),
        ((MARK, RESIZE, SCALE), SMALL, (), (RESIZE, SCALE)),  # the mark says where, and not the last change of size
        ((RESIZE, CROP, SCALE), SMALL, (RESIZE, CROP), (SCALE,)),
        ((RESIZE, SMALL, SCALE), SMALL, (RESIZE,), (SCALE,)),  # it leaves no room
        ((RESIZE, WIDE, SCALE), SMALL, (RESIZE,), (SCALE,)),
        ((RESIZE, SMALL, SCALE), steps.TenCrop(size=8), (RESIZE,), (SCALE,)),
        ((RESIZE, CROP, SCALE), steps.TenCrop(size=8), (RESIZE, CROP), (SCALE,)),
        (
            (RESIZE, steps.CenterCrop(height=9, width=8), SCALE),
            SMALL,
            (RESIZE, steps.CenterCrop(height=9, width=8)),
            (SCALE,),
        ),
        ((RESIZE, SMALL, SCALE), None, (RESIZE, SMALL), (SCALE,)),
        ((steps.Range(low=0.0, high=1.0), SCALE), SMALL, (steps.Range(low=0.0, high=1.0),), (SCALE,)),
    ],
)
def test_what_a_test_picture_goes_through(
    prepare: tuple[steps.Step, ...], test: Any, before: tuple[steps.Step, ...], after: tuple[steps.Step, ...]
) -> None:
    assert Data(prepare=prepare, test=test).tested() == ([*before], [*after])


@pytest.mark.parametrize(
    ("prepare", "span"),
    [
        ((), None), ((SCALE,), None), ((steps.Range(low=-1.0, high=3.0), SCALE), (-1.0, 3.0)),
        ((SCALE, steps.Range(low=-1.0, high=3.0)), None),
    ],
)  # fmt: skip
def test_what_numbers_run_from_and_to(prepare: tuple[steps.Step, ...], span: tuple[float, float] | None) -> None:
    assert Data(prepare=prepare).span == span


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (steps.Resize, [{"height": 1}, {"height": 2, "width": 3}, {"short": 1}, {"height": 1, "filter": "box"}],
         [{}, {"height": 0}, {"height": 1, "short": 1}, {"short": 1, "width": 1}, {"width": 1},
          {"height": 1, "filter": "cubic"}, {"short": 0}, {"height": 1, "width": 0}]),
        (steps.CenterCrop, [{"height": 1}, {"height": 1, "width": 1}],
         [{}, {"height": 0}, {"height": 1, "width": 0}, {"height": 1.5}]),
        (steps.TenCrop, [{"size": 1}], [{}, {"size": 0}]),
        (steps.RandomCrop, [{"size": 1}, {"size": 1, "pad": 0}], [{}, {"size": 0}, {"size": 1, "pad": -1}]),
        (steps.RandomResizedCrop, [{"size": 1}], [{}, {"size": 0}]),
        (steps.Rotate, [{"degrees": 0}, {"degrees": 360.5}], [{}, {"degrees": -1}]),
        (steps.PcaJitter, [{}, {"sigma": 0, "of": "imagenet"}], [{"sigma": -0.1}, {"of": "cifar"}, {"of": "measured"}]),
        (steps.ColorJitter, [{}, {"brightness": 0, "contrast": 2, "saturation": 0.5}],
         [{"brightness": -1}, {"contrast": -1}, {"saturation": -1}]),
        (steps.Scale, [{"factor": -2}, {"factor": 0}], [{}, {"factor": float("nan")}, {"factor": 1e39}]),
        (steps.Normalize, [{"mean": -1, "std": 0.5}, {"mean": [1, 2.5], "std": [1]}],
         [{"mean": 0}, {"mean": 0, "std": 0}, {"mean": 0, "std": [1, 0]}, {"mean": 0, "std": -1},
         {"mean": "a", "std": 1}]),
        (steps.Subtract, [{"what": "mean"}, {"what": "mean", "value": [1.0]}], [{}, {"what": "median"}]),
        (steps.Range, [{"low": -1, "high": 1}], [{"low": 1, "high": 1}, {"low": 2, "high": 1}, {"low": 1}]),
        (Data, [{}, {"classes": ["a"]}],
         [{"classes": "a"}, {"classes": [1]}, {"prepare": [SCALE]}, {"prepare": (1,)}, {"test": "x"}]),
    ],
)  # fmt: skip
def test_bounds(kind: type[Arguments], good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> None:
    for given in good:
        assert {key: getattr(kind(**given), key) for key in given} == given
    for given in bad:
        with pytest.raises(Refused):
            kind(**given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"height": 1, "short": 1}, "resize takes a height and a width, or `short:`"),
        ({"short": 1, "width": 1}, "resize takes a height and a width, or `short:`"),
        ({}, "resize takes a height and a width, or `short:`"),
    ],
)
def test_a_resize_goes_one_way(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        steps.Resize(**given)
    assert refused.value.reasons == {"": reason}
    with pytest.raises(Refused, match=r"^range: a range goes from a lower number to a higher one$"):
        steps.Range(low=1, high=1)


@pytest.mark.parametrize(
    ("step", "size", "result"),
    [
        (steps.Resize(height=4), (9, 7), (4, 4)), (steps.Resize(height=4, width=6), (9, 7), (4, 6)),
         (steps.Resize(short=4), (9, 7), (5, 4)),
        (steps.Resize(short=4), (7, 9), (4, 5)), (steps.Resize(short=14), (7, 9), (14, 18)),
    ],
)  # fmt: skip
def test_sizes_of_a_resize(step: steps.Resize, size: tuple[int, int], result: tuple[int, int]) -> None:
    assert step.sizes(*size) == result
    assert step.after(Picture(*size, 3)) == Picture(*result, 3)


def test_sums() -> None:
    assert list(steps.Range(low=-1.0, high=4.0).sums()) == [
        ("subtract", -1.0), ("multiply", 51.0), ("at_least", 0.0), ("at_most", 255.0),
    ]  # fmt: skip
    with pytest.raises(NotImplementedError):
        steps.Numeric().sums()


def test_a_crop_of_a_picture_of_unknown_size_is_not_judged() -> None:
    assert Picture(None, 3, 1).cropped(9, 3) == Picture(9, 3, 1)
