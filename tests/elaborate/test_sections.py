"""`train { … }` and `data { … }` (language.md section 6): what each line becomes, and what is wrong with it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from netspec.settings import OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, Data, Train
from tests.elaborate.reading import Reading, read

NET = "net Tiny(k = 3, word = \"adam\") {\n input image: 3 x 8 x 8\n output y = image -> dense(2)\n}\n"  # fmt: skip


def train(lines: str, net: str = NET) -> Reading:
    """A net with a train section."""
    return read(f"{net}train {{\n {lines}\n}}")


def data(lines: str, net: str = NET) -> Reading:
    """A net with a data section."""
    return read(f"{net}data {{\n {lines}\n}}")


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("batch: 64", {"batch": 64}), ("batch: 32 * k", {"batch": 96}),
        ("epochs: 5\n seed: 7", {"epochs": 5, "seed": 7}), ("clip: 0.5", {"clip": 0.5}),
        ("label_smoothing: 0.1", {"label_smoothing": 0.1}), ("average: 0.99", {"average": 0.99}),
        ("optimizer: adam", {"optimizer": OPTIMIZERS["adam"]()}),
        ("optimizer: sgd(0.1, momentum: 0.9)", {"optimizer": OPTIMIZERS["sgd"](rate=0.1, momentum=0.9)}),
        ("optimizer: sgd(rate: 1 / 8)", {"optimizer": OPTIMIZERS["sgd"](rate=0.125)}),
        ("optimizer: word", {"optimizer": OPTIMIZERS["adam"]()}),
        ('optimizer: "adam"', {"optimizer": OPTIMIZERS["adam"]()}),
        ('optimizer: "rmsprop" if k == 3 else "adam"', {"optimizer": OPTIMIZERS["rmsprop"]()}),
        ("schedule: cosine", {"schedule": (SCHEDULES["cosine"](),)}),
        ("schedule: warmup(2) -> cosine", {"schedule": (SCHEDULES["warmup"](epochs=2), SCHEDULES["cosine"]())}),
        ("schedule: warmup(2)", {"schedule": (SCHEDULES["warmup"](epochs=2),)}),
        ("schedule: step(every: 30)", {"schedule": (SCHEDULES["step"](every=30),)}),
        ("schedule: step(30, 0.5)", {"schedule": (SCHEDULES["step"](every=30, factor=0.5),)}),
        ("schedule: step(at: [30, 60], factor: 0.1)", {"schedule": (SCHEDULES["step"](at=[30, 60], factor=0.1),)}),
        ("stop: patience(5)", {"stop": STOPS["patience"](epochs=5)}), ("", {}),
    ],
)  # fmt: skip
def test_train(lines: str, wanted: dict[str, Any]) -> None:
    found = train(lines)
    assert found.places == []
    assert found.meaning.train == Train(**wanted, loss={"y": "mse"})


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("bach: 64", "N502 bach"), ("batch: 64\n batch: 32", "N103 batch"), ("batch: 0", "N112 0"),
        ("batch: 2.5", "N112 2.5"), ("batch: true", "N112 true"), ("batch: nothing", "N101 nothing"),
        ("batch: 64 -> 32", "N502 32"), ("batch y: 64", "N502 y"), ("optimizer: lion", "N503 lion"),
        ("optimizer: lion(0.1)", "N503 lion(0.1)"), ("optimizer: 3", "N503 3"), ('optimizer: "lion"', 'N503 "lion"'),
        ("optimizer: sgd(rat: 0.1)", "N110 rat: 0.1"), ("optimizer: sgd(0)", "N112 0"),
        ("optimizer: sgd(0.1) -> adam", "N502 adam"), ("optimizer: k", "N503 k"), ("schedule: cosin", "N503 cosin"),
        ("schedule: cosine -> warmup(3)", "N504 cosine"),
        ("schedule: warmup(1) -> warmup(2) -> cosine", "N504 warmup(2)"), ("schedule: step", "N112 step"),
        ("schedule: step(every: 3, at: [4])", "N112 step(every: 3, at: [4])"), ("schedule: warmup", "N111 warmup"),
        ("stop: patience", "N111 patience"), ("stop: later", "N503 later"), ("loss: msee", "N503 msee"),
        ("loss: 3", "N503 3"), ("loss: mse\n loss: mae", "N103 loss"), ("loss y: mse\n loss y: mae", "N103 loss"),
        ("loss: mse -> mae", "N502 mae"), ("loss: cross_entropy", "N507 cross_entropy"),
        ("loss: binary_cross_entropy", "N507 binary_cross_entropy"), ("loss y: cross_entropy", "N507 cross_entropy"),
        ("loss z: mse", "N506 z"), ("clip: -1", "N112 -1"), ("label_smoothing: 1", "N112 1"), ("average: 1", "N112 1"),
        ("seed: -1", "N112 -1"), ("class_weight: [1, -1]", "N112 [1, -1]"), ("class_weight: even", "N112 even"),
        ("class_weight: [0, 0]", "N112 [0, 0]"), ("class_weight: balanced", "N507 balanced"),
        ("batch: 1 / 0", "N106 1 / 0"),
    ],
)  # fmt: skip
def test_train_that_is_wrong(lines: str, wanted: str) -> None:
    assert train(lines).places == [wanted]


def test_all_that_is_wrong_with_a_section_comes_out() -> None:
    assert train("bach: 64\n epochs: 0\n schedule: cosin -> stp\n clip: 1").places == [
        "N502 bach",
        "N112 0",
        "N503 cosin",
        "N503 stp",
    ]


LAST = "net Tiny {{\n input image: 3 x 8 x 8\n a = image -> dense(2)\n"
LAST += "output y = a -> {}\n output z = a -> {}\n output w = a -> {}\n}}\n"


@pytest.mark.parametrize(
    ("layers", "lines", "wanted"),
    [
        (("softmax", "sigmoid", "relu"), "", {"y": "cross_entropy", "z": "binary_cross_entropy", "w": "mse"}),
        (("log_softmax", "tanh", "identity"), "", {"y": "cross_entropy", "z": "mse", "w": "mse"}),
        (("softmax", "sigmoid", "relu"), "loss: mae", {"y": "mae", "z": "mae", "w": "mae"}),
        (("softmax", "sigmoid", "relu"), "loss: hinge\n loss z: mae", {"y": "hinge", "z": "mae", "w": "hinge"}),
        (("softmax", "softmax", "log_softmax"), "loss: cross_entropy", dict.fromkeys("yzw", "cross_entropy")),
        (
            ("softmax", "sigmoid", "relu"), "loss y: cross_entropy\n loss z: binary_cross_entropy\n loss w: mae",
            {"y": "cross_entropy", "z": "binary_cross_entropy", "w": "mae"},
        ),
    ],
)  # fmt: skip
def test_losses_of_outputs(layers: tuple[str, ...], lines: str, wanted: dict[str, str]) -> None:
    found = train(lines, LAST.format(*layers))
    assert found.places == []
    assert dict(found.meaning.train.loss) == wanted


def test_an_output_that_no_line_names_has_no_loss() -> None:
    found = train("loss y: mae", LAST.format("softmax", "sigmoid", "relu"))
    assert found.places == ["N514 loss", "N514 loss"]
    assert dict(found.meaning.train.loss) == {"y": "mae"}
    assert [problem.help for problem in found.problems] == [
        "write `loss z: binary_cross_entropy` to train it",
        "write `loss w: mse` to train it",
    ]
    assert train("loss x: mae", LAST.format("softmax", "sigmoid", "relu")).places == [
        "N506 x"
    ]  # it may mean any of them


def test_a_loss_belongs_to_a_last_layer() -> None:
    found = train("loss: cross_entropy", LAST.format("softmax", "sigmoid", "identity"))
    assert [problem.message.partition(", and ")[2] for problem in found.problems] == [
        "z ends in sigmoid",
        "w ends in dense",
    ]
    net = "net Tiny {\n input image: 3\n output y = image\n}\n"
    assert train("loss: cross_entropy", net).problems[0].message.endswith("y ends in its input")


@pytest.mark.parametrize(
    ("written", "wanted"), [("balanced", "balanced"), ("[1, k]", [1.0, 3.0]), ("word", "N112 word"),
                            ("[1]", "N508 [1]"), ("[1, 2, 3]", "N508 [1, 2, 3]")],
)  # fmt: skip
def test_class_weights_are_as_many_as_the_units(written: str, wanted: Any) -> None:
    found = train(f"class_weight: {written}", NET.replace("dense(2)", "dense(2) -> softmax"))
    if found.places:
        assert found.places == [wanted]
    else:
        assert found.meaning.train.class_weight == wanted


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("", {}), ('classes: ["a", "b"]', {"classes": ["a", "b"]}),
        ("prepare: grayscale -> scale(1 / 4)", {"prepare": (STEPS["grayscale"](), STEPS["scale"](factor=0.25))}),
        ("prepare: resize(8, 8)", {"prepare": (STEPS["resize"](height=8, width=8),)}),
        ("prepare: resize(short: 8) -> invert", {"prepare": (STEPS["resize"](short=8), STEPS["invert"]())}),
        ("augment: mirror -> random_crop(8)", {"augment": (STEPS["mirror"](), STEPS["random_crop"](size=8))}),
        ("test: ten_crop(8)", {"test": TESTS["ten_crop"](size=8)}),
        ("test: center_crop(8)", {"test": TESTS["center_crop"](height=8)}),
        ("prepare: augment -> invert", {"prepare": (STEPS["augment"](), STEPS["invert"]())}),
        ("prepare: subtract(mean)", {"prepare": (STEPS["subtract"](what="mean"),)}),
        ("prepare: range(0, 1) -> invert", {"prepare": (STEPS["range"](low=0, high=1), STEPS["invert"]())}),
    ],
)  # fmt: skip
def test_data(lines: str, wanted: dict[str, Any]) -> None:
    found = data(lines)
    assert found.places == []
    assert found.meaning.data == Data(**wanted)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("clases: 3", ["N502 clases"]), ("classes: 3", ["N112 3"]), ("classes: [1, 2]", ["N112 [1, 2]"]),
        ('classes: ["a", "a"]', ['N112 ["a", "a"]']), (r'classes: ["a", "b\n"]', [r'N112 ["a", "b\n"]']),
        ('classes: ["a", "b", "c"]', ['N508 ["a", "b", "c"]']), ('classes: ["a"]', ['N508 ["a"]']),
        ('classes: ["a", "b"] -> 3', ["N502 3"]), ("prepare: resise(8)", ["N503 resise(8)"]),
        ("prepare: mirror", ["N505 mirror"]), ("prepare: invert -> rotate(3)", ["N505 rotate(3)"]),
        ("prepare: augment -> augment", ["N505 augment"]), ("augment: augment", ["N505 augment"]),
        ("prepare: resize", ["N112 resize"]), ("prepare: resize(8, short: 8)", ["N112 resize(8, short: 8)"]),
        ("prepare: resize(8, 8, short: 8)", ["N112 resize(8, 8, short: 8)"]), ("test: resize(8)", ["N503 resize(8)"]),
        ("test: ten_crop", ["N111 ten_crop"]), ("prepare: invert -> range(0, 1)", ["N720 range(0, 1)"]),
        ("augment: range(0, 1)", ["N720 range(0, 1)"]), ("prepare: range(1, 0)", ["N112 range(1, 0)"]),
        ("prepare: normalize(mean: 0, std: 0)", ["N112 std: 0"]),
        ("prepare: cnov -> invrt", ["N503 cnov", "N503 invrt"]), ("prepare x: invert", ["N502 x"]),
        ("prepare: invert\n prepare: invert", ["N103 prepare"]),
    ],
)  # fmt: skip
def test_data_that_is_wrong(lines: str, wanted: list[str]) -> None:
    assert data(lines).places == wanted


def test_sections_of_a_file() -> None:
    assert read(NET + "trian { batch: 3 }").places == ["N501 trian"]
    found = read(NET + "train { batch: 3 }\ndata { }\ntrain { batch: 4 }")
    assert found.places == ["N103 train"]
    assert found.meaning.train.batch == 3


def test_sections_see_the_parameters_and_the_constants_of_the_file_not_the_net() -> None:
    before = "let n = 4\nnet Tiny(k = 3) {\n input image: 3 x 8 x 8\n let m = 5\n output y = image -> dense(2)\n}\n"
    assert train("batch: n * k", before).meaning.train.batch == 12
    assert train("batch: m", before).places == ["N101 m"]
    assert train("batch: image.maps", before).places == ["N101 image"]
    assert read("train { batch: k }\n" + before, k=6).meaning.train.batch == 6


def test_a_library_has_settings_without_a_net() -> None:
    found = read("train { batch: 3\n loss: mae }")
    assert found.places == []
    assert (found.meaning.train.batch, dict(found.meaning.train.loss)) == (3, {"": "mae"})


def test_help_names_what_is_meant() -> None:
    assert train("loss: msee").problems[0].help == "did you mean `mse`?"
    assert train("loss: 3").problems[0].message == "there is no loss 3"
    assert train("loss: mse\n loss: mae").problems[0].message == "the loss is set twice"
    assert train("loss y: mse\n loss y: mae").problems[0].message == "the loss of y is set twice"
    assert train("batch: 0").problems[0].message == "batch must be a whole number of at least 1, not 0"
    assert train("schedule: warmup(1) -> warmup(2)").problems[0].help == "write one `warmup(3)`"
    assert data("clases: 3").problems[0].help == "did you mean `classes`?"
    assert data('classes: ["a", "b", "c"]').problems[0].help == "give the net as many: `--set classes=3`, or name 2"


def test_columns_are_of_an_input_or_output_by_its_name() -> None:
    found = data('columns image: "p*"\n columns y: ["kind"]')
    assert found.places == []
    assert found.meaning.data.columns == {"image": ["p*"], "y": ["kind"]}
    assert data('columns: "p*"').meaning.data.columns == {"": ["p*"]}


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ('columns imag: ["a"]', "N506 imag", "there is no input or output imag"),
        ('columns: ["a"]', 'N508 ["a"]', "1 column for input image, which has 192 numbers"),
        ('columns y: ["a", "b", "c"]', 'N508 ["a", "b", "c"]', "3 columns for output y, which has 2 numbers"),
        ("columns y: []", "N112 []", "columns must be a column's name, or a list of them, not an empty list"),
        ("columns y: 3", "N112 3", "columns must be a column's name, or a list of them, not 3"),
        ('columns y: ["a", 3]', 'N112 ["a", 3]', 'columns must be a column\'s name, or a list of them, not ["a", 3]'),
        ('columns y: ["a", "a"]', 'N112 ["a", "a"]', 'the column "a" is named twice'),
        ('columns y: "a"\n columns y: "b"', "N103 columns", "columns of y is set twice"),
        ("validate y: 0.1", "N502 y", "validate cannot be set for one output"),
    ],
)
def test_columns_that_cannot_be_meant(line: str, place: str, message: str) -> None:
    found = data(line)
    assert (found.places, found.problems[0].message) == ([place], message)


@pytest.mark.slow
def test_many_columns_are_checked_in_time_that_grows_as_they_do() -> None:
    began = time.process_time()
    assert data(f"columns: {json.dumps([f'p{n}*' for n in range(30_000)])}").places == []
    assert time.process_time() - began < 5  # 1 where nothing else runs, and 12 where each is held against all before


def test_columns_of_a_net_of_several_inputs_say_which() -> None:
    two = "net Two {\n input a: 1\n input b: 1\n output y = [a, b] -> concat -> dense(2)\n}\n"
    found = read(two + 'data { columns: ["a"] }')
    assert found.places == ["N506 columns"]
    assert found.problems[0].help == "write a line for each: `columns a: …`"
