"""Models of any kind given to `run` and `eval`: answers that are true, or an error with its code; never a traceback."""

from __future__ import annotations

import json
import os
import socket
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto as T
from onnx import helper as h
from PIL import Image

from netspec.cli import main
from tests.runtime.models import DATA, FLAT, X, cast, external, flat, ints, model, number, reads, tensor

CLASSES = {"data": DATA, "end": "softmax", "loss": "cross_entropy"}
OPTIONAL = h.make_value_info("y", h.make_optional_type_proto(h.make_tensor_type_proto(T.FLOAT, ["N", 1, 4, 4])))
#: Code, a part of the message, and the model.
WRONG: dict[str, tuple[str, str, bytes]] = {
    "two inputs": ("N708", "2 inputs (x, z)", model([h.make_node("Add", ["x", "z"], ["y"])],
        [X, tensor("z", ["N", 1, 4, 4])], [tensor("y", ["N", 1, 4, 4])])),
    "no input": ("N708", "no input", model([h.make_node("Identity", ["w"], ["y"])], [], [tensor("y", [1, 1])],
        [h.make_tensor("w", T.FLOAT, [1, 1], [1.0])])),
    "no output": ("N708", "no output", model([FLAT], [X], [])),
    "strings out": ("N708", "tensor(string)", cast(T.STRING)),
    "strings in": ("N708", "tensor(string)", model([h.make_node("Flatten", ["x"], ["y"])],
        [tensor("x", ["N", 1, 4, 4], T.STRING)], [tensor("y", ["N", 16], T.STRING)])),
    "sequence": ("N708", "seq(", model([h.make_node("SequenceConstruct", ["x"], ["y"])], [X],
        [h.make_tensor_sequence_value_info("y", T.FLOAT, None)])),
    "map": ("N708", "map(", model([FLAT, h.make_node("ZipMap", ["f"], ["y"], domain="ai.onnx.ml",
        classlabels_int64s=list(range(16)))],
                                  [X], [onnx.ValueInfoProto(name="y")], domains=("", "ai.onnx.ml"))),
    "optional": ("N708", "optional(", model([h.make_node("Optional", ["x"], ["y"])], [X], [OPTIONAL])),
    "bfloat16": ("N708", "bfloat16", cast(T.BFLOAT16)),
    "empty": ("N708", "2 x 0", model([FLAT, h.make_node("Slice", ["f", "a", "a", "b"], ["y"])], [X],
        [tensor("y", ["N", "M"])], [ints("a", 0), ints("b", 1)])),
    "rank 0": ("N708", "no axis", model([h.make_node("ReduceSum", ["x"], ["y"], keepdims=0)], [X], [tensor("y", [])])),
    "rank 1": ("N708", "no axis of units", model([FLAT, h.make_node("ReduceSum", ["f", "b"], ["y"], keepdims=0)], [X],
        [tensor("y", ["N"])], [ints("b", 1)])),
    "rows": ("N708", "5 x 16", model([FLAT, h.make_node("Concat", ["f", "f", "w"], ["y"], axis=0)], [X],
        [tensor("y", ["M", 16])], [h.make_tensor("w", T.FLOAT, [1, 16], [0.0] * 16)])),
    "rank 0 in": ("N708", "no axes", model([h.make_node("Identity", ["x"], ["y"])], [tensor("x", [])],
        [tensor("y", [])])),
    "whole numbers in": ("N708", "int64", reads(T.INT64)),
    "bytes in": ("N708", "uint8", reads(T.UINT8)),
    "huge batch": ("N708", "1,000,000,000", model([FLAT, h.make_node("Identity", ["f"], ["y"])],
        [tensor("x", [10**9, 1, 4, 4])], [tensor("y", [10**9, 16])])),
    "weights missing": ("N708", "nothing.bin", external("nothing.bin")),
    "weights outside": ("N708", "escapes", external("../../../../../../../../etc/passwd")),
    "weights of the system": ("N708", "bsolute path", external("/etc/passwd")),
    "fails": ("N708", "does not run", model([FLAT, h.make_node("Gather", ["f", "i"], ["y"], axis=1)], [X],
        [tensor("y", ["N", 1])], [ints("i", 99)])),
    "custom operator": ("N708", "Magic", model([h.make_node("Magic", ["x"], ["y"], domain="com.acme")], [X],
        [tensor("y", ["N", 16])], domains=("", "com.acme"))),
    "nothing": ("N708", "empty", b""),
    "text": ("N708", "m.onnx", b"netspec 1\nnet A { }"),
    "zeros": ("N708", "m.onnx", bytes(1000)),
    "half": ("N708", "m.onnx", flat()[:-40]),
    "no metadata": ("N708", "how its pictures are prepared", flat("")),
    "no data": ("N708", "how its pictures are prepared", flat({"version": 1})),
    "brackets": ("N725", "not JSON", flat("[" * 100_000)),
    "no JSON": ("N725", "not JSON", flat("netspec")),
    "a list": ("N725", "not a JSON object", flat("[]")),
    "no preparation": ("N725", "`data`", flat({"data": []})),
    "prepare of null": ("N725", "`data`", flat({"data": {"prepare": None}})),
    "unknown step": ("N725", "sharpen", flat({"data": {"prepare": [{"step": "sharpen"}]}})),
    "step of numbers": ("N725", "step 3", flat({"data": {"prepare": [{"step": 3}]}})),
    "step of lists": ("N725", "step", flat({"data": {"prepare": [{"step": []}]}})),
    "text for a step": ("N725", "step", flat({"data": {"prepare": [7]}})),
    "height of words": ("N725", "height", flat({"data": {"prepare": [{"step": "resize", "height": "a", "width": 4}]}})),
    "huge size": ("N725", "1,000,000,000", flat({"data": {"prepare": [{"step": "resize", "height": 10**9,
        "width": 4}]}})),
    "factor of nothing": ("N725", "factor", flat('{"data": {"prepare": [{"step": "scale", "factor": NaN}]}}')),
    "random step": ("N725", "mirror", flat({"data": {"prepare": [{"step": "mirror"}]}})),
    "test of resize": ("N725", "resize", flat({"data": {"prepare": [], "test": {"step": "resize", "height": 4}}})),
    "classes of numbers": ("N725", "classes", flat({"data": {**DATA, "classes": [1, 2]}})),
    "classes of an object": ("N725", "classes", flat({"data": {**DATA, "classes": {"a": 1}}})),
    "raw pixels of words": ("N725", "raw_pixels", flat({"data": DATA, "raw_pixels": "yes"})),
    "unknown loss": ("N725", "loss focal", flat({"data": DATA, "loss": "focal"})),
    "unknown loss of an output": ("N725", "loss focal", flat({"data": DATA,
        "outputs": {"y": {"end": "softmax", "loss": "focal"}}})),
    "loss of lists": ("N725", "loss", flat({"data": DATA, "loss": ["mse"]})),
    "end of an object": ("N725", "end", flat({"data": DATA, "end": {}})),
    "outputs of a list": ("N725", "outputs", flat({"data": DATA, "outputs": [1]})),
    "later version": ("N725", "version 7", flat({"version": 7, "data": DATA})),
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(0, 256, 16, dtype=np.uint8).reshape(4, 4)).save("p.png")
    np.savez("test.npz", x=np.full((3, 1, 4, 4), 0.5, np.float32), y=np.arange(3))
    return tmp_path


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main([*arguments, "--device", "cpu"])
    return (status, *capfd.readouterr())


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used_is_an_error_that_says_what_it_is(
    name: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, part, content = WRONG[name]
    Path("m.onnx").write_bytes(content)
    status, out, said = run(capfd, "run", "m.onnx", "p.png", "p.png")
    assert (status, f"error[{code}]" in out + said) == (1, True), out + said
    assert part in out + said
    status, out, said = run(capfd, "eval", "m.onnx", "--data", ".", "--json")
    assert (status, out) == (1, "") and "error[N7" in said


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (flat()[:-40], "ends too early"),
        (b"netspec 1", "is a spec, and a model is wanted"),
        (flat() + b"\xff" * 12, "number that is too long"),
    ],
)
def test_a_damaged_file_is_told_by_eval_too(
    content: bytes, part: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("m.onnx").write_bytes(content)
    status, _, said = run(capfd, "eval", "m.onnx", "--data", ".")
    assert status == 1 and "error[N708]" in said and part in said


@pytest.mark.parametrize(
    ("content", "kind", "value"),
    [
        (cast(T.FLOAT16), "value", 240 / 255), (cast(T.DOUBLE), "value", 240 / 255), (cast(T.INT64), "value", 0),
            (cast(T.UINT8), "value", 0), (cast(T.BOOL), "value", 1),
        (reads(T.FLOAT16), "value", 240 / 255), (reads(T.DOUBLE), "value", 240 / 255),
        (flat({**CLASSES, "end": "sigmoid", "loss": "binary_cross_entropy"}, "Sigmoid"), "prob",
            1 / (1 + np.exp(-240 / 255))),
        (flat(CLASSES, "Softmax", axis=1), "prob", np.exp(240 / 255) / np.exp(np.arange(0, 256, 16) / 255).sum()),
        (flat({**CLASSES, "end": "log_softmax"}, "LogSoftmax", axis=1), "prob",
            np.exp(240 / 255) / np.exp(np.arange(0, 256, 16) / 255).sum()),
        (flat(CLASSES), "value", 240 / 255), (flat({**CLASSES, "end": "log_softmax"}), "value", 240 / 255),
        (model([FLAT, h.make_node("Identity", ["f"], ["y"])], [tensor("x", [1, 1, 4, 4])], [tensor("y", [1, 16])]),
            "value", 240 / 255),
    ],
)  # fmt: skip
def test_what_is_no_probability_is_not_told_as_one(
    content: bytes, kind: str, value: float, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("m.onnx").write_bytes(content)
    status, out, _ = run(capfd, "run", "m.onnx", "p.png", "p.png", "--json")
    rows = json.loads(out)
    assert status == 0 and len(rows) == 2
    given = {
        name: number for name, number in rows[0].items() if name in ("prob", "value", "value_0") and number is not None
    }
    assert list(given.values()) == [pytest.approx(value, abs=1e-3)]
    assert next(iter(given)).startswith(kind)


def test_a_regression_says_its_numbers(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = [FLAT, h.make_node("ReduceSum", ["f", "b"], ["price"], keepdims=1)]
    Path("m.onnx").write_bytes(
        model(one, [X], [tensor("price", ["N", 1])], [ints("b", 1)], told={"data": DATA, "end": "dense", "loss": "mae"})
    )
    assert run(capfd, "run", "m.onnx", "p.png")[:2] == (0, "p.png  price 7.52941\n")
    Path("m.onnx").write_bytes(flat({"data": DATA, "end": "dense", "loss": "mse"}))
    _, out, _ = run(capfd, "run", "m.onnx", "p.png", "--json")
    (row,) = json.loads(out)
    assert (row["label"], row["prob"], row["index"]) == (None, None, None)
    assert [row[f"value_{n}"] for n in range(16)] == pytest.approx(np.arange(0, 256, 16) / 255, abs=1e-6)


def test_a_model_that_answers_nan_is_never_right(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nodes = [
        FLAT,
        h.make_node("Div", ["f", "z"], ["d"]),
        h.make_node("Sub", ["d", "d"], ["s"]),
        h.make_node("Softmax", ["s"], ["y"], axis=1),
    ]
    Path("m.onnx").write_bytes(model(nodes, [X], [tensor("y", ["N", 16])], [number("z", 0.0)], told=CLASSES))
    status, out, _ = run(capfd, "run", "m.onnx", "p.png", "--json")
    assert status == 1 and json.loads(out)[0]["code"] == "N726"
    status, out, said = run(capfd, "eval", "m.onnx", "--data", ".", "--json")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert (found["loss"], found["accuracy"], found["right"], found["count"]) == (
        None,
        0.0,
        0,
        3,
    ) and "3 answers are not numbers" in said


#: Ways to end in a softmax of the cells: whether the value before it is found.
ENDS: dict[str, tuple[bool, list[Any], Any]] = {
    "softmax": (True, [h.make_node("Softmax", ["f"], ["y"], axis=1)], CLASSES),
    "the last axis": (True, [h.make_node("Softmax", ["f"], ["y"], axis=-1)], CLASSES),
    "a copy": (True, [h.make_node("Softmax", ["f"], ["s"], axis=1), h.make_node("Identity", ["s"], ["y"])], CLASSES),
    "no word of its end": (True, [h.make_node("Softmax", ["f"], ["y"], axis=1)], {"data": DATA}),
    "log_softmax": (True, [h.make_node("LogSoftmax", ["f"], ["y"], axis=1)], {**CLASSES, "end": "log_softmax"}),
    "by hand": (
        False,
        [
            h.make_node("Exp", ["f"], ["e"]),
            h.make_node("ReduceSum", ["e", "b"], ["t"]),
            h.make_node("Div", ["e", "t"], ["y"]),
        ],
        CLASSES,
    ),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("size", [1.0, 20.0])
def test_eval_finds_the_value_before_the_end_or_says_that_it_did_not(
    name: str, size: float, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    known, nodes, told = ENDS[name]
    Path("m.onnx").write_bytes(model([FLAT, *nodes], [X], [tensor("y", ["N", 16])], [ints("b", 1)], told=told))
    x = np.zeros((3, 1, 4, 4), np.float32)
    x[:, 0, 0, 0] = size
    np.savez("test.npz", x=x, y=np.array([0, 1, 2]))
    status, out, said = run(capfd, "eval", "m.onnx", "--data", ".", "--json")
    found, total = json.loads(out), log(np.exp(size / 255) + 15)
    assert status == 0 and found["loss"] == pytest.approx(total - size / 255 / 3, rel=1e-5)
    assert (
        found["from_probabilities"] == ([] if known else ["y"])
        and ("scored from its probabilities" in said) is not known
    )


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "nothing"])
@pytest.mark.parametrize("command", [["run", "m.onnx", "p.png"], ["eval", "m.onnx", "--data", "."]])
def test_what_is_no_file_is_an_error_at_once(
    kind: str, command: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = Path("m.onnx")
    with socket.socket(socket.AF_UNIX) as bound:
        {
            "folder": path.mkdir,
            "pipe": lambda: os.mkfifo(path),
            "socket": lambda: bound.bind("m.onnx"),
            "device": lambda: path.symlink_to("/dev/zero"),
            "nothing": lambda: None,
        }[kind]()
        status, out, said = run(capfd, *command)
    assert (status, out) == (2, "") and "error[N601]" in said and "m.onnx" in said


def test_control_characters_of_class_names_and_files_are_never_raw(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("m.onnx").write_bytes(
        flat({**CLASSES, "data": {**DATA, "classes": ["\x1b[2J\u202e\x9b"] * 16}}, "Softmax", axis=1)
    )
    Path("p.png").rename("\x1b]0;p\x07.png")
    Path("bad\n\x1b.png").write_text("no picture")
    for more in ((), ("--json",)):
        _, out, said = run(capfd, "run", "m.onnx", "\x1b]0;p\x07.png", "bad\n\x1b.png", "\udcff.png", *more)
        assert len(out.splitlines()) == (5 if more else 3) and all(c.isprintable() or c == "\n" for c in out + said), (
            ascii(out + said)
        )


def test_a_model_whose_name_is_no_utf8_opens(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("\udcff.onnx").write_bytes(flat(CLASSES, "Softmax", axis=1))
    for command in (["run", "\udcff.onnx", "p.png"], ["eval", "\udcff.onnx", "--data", "."]):
        status, out, said = run(capfd, *command)
        assert status == 0, out + said
