"""What a run says of itself: a page without other files, the matrix of the judged part, texts only texts."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.net import load
from netspec.net.evaluation import evaluate
from netspec.report import page

SPEC = """netspec 1
net Shades {
    input x: 1 x 6 x 6
    output y = x -> conv(3, 3) -> relu -> dense(2) -> softmax
}
train {
    epochs: 2
    batch: 8
    seed: 4
}
data { prepare: grayscale -> scale(1 / 255) }
"""
CLASSES = ["<script>", "b&\"c'"]
#: Elements that have no end.
EMPTY = ("meta", "img")


class Read(HTMLParser):
    """Elements, addresses and text of a page; every element is closed where it must be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(3)
    for kind, shade in zip(CLASSES, (110, 130), strict=True):
        for n in range(40):
            path = tmp_path / "d" / kind / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((draw.normal(shade, 60, (6, 6))).clip(0, 255).astype(np.uint8)).save(path)
    Path("s.net").write_text(SPEC)
    return tmp_path / "run"


def train(*more: str) -> int:
    return main(["train", "s.net", "--data", "d", "-o", "run", "--threads", "1", *more])


def test_a_page_that_needs_no_other_file(run: Path) -> None:
    assert train() == 0
    text = (run / "report.html").read_text(encoding="utf-8")
    found = Read(text)
    assert "script" not in found.elements and "link" not in found.elements
    assert {"h1", "svg", "table", "img", "details"} <= set(found.elements)
    assert found.addresses and all(address.startswith("data:image/png;base64,") for address in found.addresses)
    assert "url(" not in text and "@import" not in text
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("http-equiv", "")
    assert all(name in found.text for name in CLASSES)
    assert "prefers-color-scheme: dark" in text
    for what in ("y/conv", "Accuracy of each class", "First kernels", "numpy", "Epochs"):
        assert what in found.text


def test_the_matrix_is_that_of_the_judged_part(run: Path) -> None:
    assert train() == 0
    _, found = evaluate(run / "model.onnx", Path("d"), "cpu")  # what the run held out
    matrix = found.confusions["y"].matrix
    assert matrix is not None and found.part == "held out"
    head, *rows = csv.reader((run / "confusion.csv").read_text(encoding="utf-8").splitlines())
    assert head == ["label", *CLASSES] and [row[0] for row in rows] == CLASSES
    assert [[int(cell) for cell in row[1:]] for row in rows] == matrix.tolist()
    assert matrix.sum() == found.examples
    page_text = Read((run / "report.html").read_text(encoding="utf-8"))
    mistakes = int(matrix.sum() - matrix.trace())
    assert mistakes and f"The worst of {mistakes} mistakes" in page_text.text
    assert len(page_text.addresses) == min(mistakes, 24) + 1  # and the kernels
    for name in ("curves.svg", "confusion.svg"):
        assert ElementTree.parse(run / name).getroot().tag.endswith("svg")


def test_the_test_part_is_judged_where_there_is_one(run: Path) -> None:
    for kind in CLASSES:
        for part, numbers in (("train", range(30)), ("test", range(30, 40))):
            (Path("d") / part / kind).mkdir(parents=True)
            for n in numbers:
                (Path("d") / kind / f"{n}.png").rename(Path("d") / part / kind / f"{n}.png")
        (Path("d") / kind).rmdir()
    assert train() == 0
    rows = list(csv.reader((run / "confusion.csv").read_text().splitlines()))[1:]
    right = sum(int(row[n]) for n, row in enumerate(rows, 1))
    last = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    assert (right, sum(int(cell) for row in rows for cell in row[1:])) == (last["test_right"], 20)
    assert "the test part" in (run / "report.html").read_text()


def test_a_report_that_fails_loses_no_run(
    run: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(page: object) -> str:
        raise ZeroDivisionError("no page today")

    monkeypatch.setattr(page, "html", broken)
    assert train() == 0
    assert "the run is whole, but its report is not: no page today" in capfd.readouterr().err
    assert (run / "model.onnx").is_file() and not (run / "report.html").exists()
    monkeypatch.undo()
    monkeypatch.chdir(run.parent)
    assert main(["train", "s.net", "--data", "d", "--resume", "run", "--threads", "1"]) == 0  # nothing else is missing
    assert (run / "report.html").is_file()


def test_what_it_ran_on(run: Path) -> None:
    assert train() == 0
    found = json.loads((run / "environment.json").read_text())
    assert found["versions"]["numpy"] == np.__version__
    assert found["command"] == "netspec train s.net --data d --out run --threads 1"
    assert found["cores"] >= 1 and found["memory"] > 2**28
    assert {"processor", "system", "blas", "free"} <= found.keys()


def test_a_net_without_classes(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    x = np.random.default_rng(0).random((12, 3), dtype=np.float32)
    for part in ("train", "test"):
        np.savez(tmp_path / "d" / f"{part}.npz", x=x, y=x[:, :1])
    spec = tmp_path / "s.net"
    text = "netspec 1\nnet U {\n input x: 3\n output y = x -> dense(1)\n}\ntrain { loss: mse\n epochs: 1 }\n"
    spec.write_text(text)
    for _ in load(spec).train(tmp_path / "d", out=tmp_path / "run", workers=1):
        pass
    assert (tmp_path / "run" / "report.html").is_file() and (tmp_path / "run" / "curves.svg").is_file()
    assert not (tmp_path / "run" / "confusion.csv").exists()
    assert "Answers" not in (tmp_path / "run" / "report.html").read_text()
