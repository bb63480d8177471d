"""The process in which the page's net is trained and asked: what it tells, and that it ends."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from netspec.data.sets import read_set
from netspec.data.shipped import DEMO, specs
from netspec.net import load, loads
from netspec.play.desk import Desk
from netspec.play.values import answered, as_trained, digit
from tests.play.pages import SMALL, opened, served

Server = tuple[TestClient, Desk]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "small.net"
    path.write_text(SMALL, encoding="utf-8")
    with served(path) as found:
        yield found


def gone(pid: int) -> bool:
    """Whether a process has ended, in a while."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def bench(desk: Desk) -> int:
    assert desk.bench._process is not None
    return desk.bench._process.pid


@pytest.mark.slow
def test_a_digit_is_answered_and_a_training_makes_the_answer_right(server: Server) -> None:
    client, desk = server
    with opened(client) as page:
        page.tell(type="sample", label=7, number=0)
        pixels = page.hear("sample")["pixels"]
        page.tell(type="digit", pixels=pixels, id=1)
        answer = page.hear("answer", id=1)
        assert answer["weights"] == "untrained weights"
        assert [layer["name"] for layer in answer["layers"]] == [
            "image",
            "c/conv",
            "c/relu",
            "y/conv",
            "y/dense",
            "y/softmax",
        ]
        page.tell(type="train", epochs=2)
        assert page.hear("started")["steps"] == 50
        losses = [page.hear("epoch", epoch=number)["loss"] for number in (1, 2)]
        assert losses[1] < losses[0]
        assert page.hear("trained")["stopped"] is False
        page.tell(type="digit", pixels=pixels, id=2)
        answer = page.hear("answer", id=2)
        assert answer["weights"] == "trained for 2 epochs"
        assert answer["probable"] and answer["classes"][0][0] == "7"
        page.type(SMALL.replace("conv(2, 5", "conv(2, 3"), 1)
        page.tell(type="digit", pixels=pixels, id=3)
        assert "belong to another net" in page.hear("answer", id=3)["weights"]
        pid = bench(desk)
    assert gone(pid)  # with the page


@pytest.mark.slow
def test_a_training_ends_when_it_is_told_to_and_answers_while_it_runs(server: Server) -> None:
    client, desk = server
    with opened(client) as page:
        page.tell(type="train", epochs=1000)
        page.hear("step")
        page.tell(type="digit", pixels="00" * 784, id=1)
        assert page.hear("answer", id=1)["weights"].startswith("in epoch ")
        page.tell(type="stop")
        assert page.hear("trained")["stopped"] is True
        page.tell(type="train", epochs=1000)
        page.tell(type="stop")  # before it has begun
        assert page.hear("trained")["stopped"] is True
        page.tell(type="train", epochs=1000)
        page.hear("step")
        page.tell(type="train", epochs=500)  # another in its place
        assert page.hear("trained")["stopped"] is True
        assert page.hear("started")["epochs"] == 500
        pid = bench(desk)
    assert gone(pid)


@pytest.mark.slow
def test_what_cannot_be_trained_is_told(server: Server) -> None:
    client, _ = server
    with opened(client) as page:
        page.hear("net")
        page.type(SMALL.replace("units = 10", "units = 4"), 1)
        page.tell(type="train", epochs=1)
        assert "N707: the data has a class 9, but output y gives 4" in page.hear("failed", do="train")["text"]
        page.type(SMALL.replace("conv(2, 3, table: t)", "dense(900000)"), 2)
        page.tell(type="digit", pixels="00" * 784, id=1)
        assert "too large to answer" in page.hear("failed", do="ask")["text"]
        page.type("netspec 1\nnet A {", 3)
        page.tell(type="digit", pixels="00" * 784, id=1)
        assert "mend" in page.hear("failed", do="ask")["text"]


@pytest.mark.slow
def test_a_process_that_dies_is_told_and_started_again(server: Server) -> None:
    client, desk = server
    with opened(client) as page:
        page.tell(type="digit", pixels="00" * 784, id=1)
        page.hear("answer", id=1)
        os.kill(bench(desk), 9)
        assert "-9" in page.hear("ended")["text"]
        page.tell(type="digit", pixels="00" * 784, id=2)
        page.hear("answer", id=2)


# ---- the values


def test_the_pictures_are_the_values_of_the_layers() -> None:
    body = "input i: 1 x 28 x 28\n c = i -> avgpool(14)\n output y = c -> dense(2) -> softmax"
    net = loads(f"netspec 1\nnet A {{\n {body}\n}}\ndata {{ prepare: scale(1 / 255) }}\n")
    picture = np.zeros((28, 28), np.uint8)
    picture[:14, 14:] = 255
    picture[14:, :14] = 51
    weights = {
        "y/dense.weight": np.array([[0, 1, 0, 0], [0, 0, 0, 0]], np.float32),
        "y/dense.bias": np.zeros(2, np.float32),
    }
    found = answered(net, weights, net.data, picture)
    by_name = {layer["name"]: layer for layer in found.layers}
    assert list(base64.b64decode(by_name["c/avgpool"]["pixels"])) == [0, 255, 51, 0]  # 0, 1, 0.2, 0
    assert (by_name["c/avgpool"]["low"], by_name["c/avgpool"]["high"]) == (0, 1)
    assert [label for label, _ in found.classes] == ["0", "1"]
    assert found.classes[0][1] == pytest.approx(np.e / (np.e + 1))


def test_what_is_not_finite_is_told_all_the_same() -> None:
    body = "input i: 1 x 28 x 28\n output y = i -> dense(2) -> square -> square"
    net = loads(f"netspec 1\nnet A {{\n {body}\n}}\n")
    weights = {name: np.full(weight.shape, 1e30, np.float32) for name, weight in net.graph.weights.items()}
    found = answered(net, weights, net.data, np.full((28, 28), 255, np.uint8))
    json.dumps(vars(found), allow_nan=False)


def test_a_shipped_digit_stays_and_a_drawn_one_is_fitted_and_centred() -> None:
    shipped = read_set(DEMO, "test").images[0, ..., 0]
    assert (digit(shipped.tobytes()) == shipped).all()
    drawn = np.zeros((112, 112), np.uint8)
    drawn[2:42, 80:90] = 255  # 40 high and 10 wide, far from the middle
    found = digit(drawn.tobytes())
    rows, columns = np.nonzero(found)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 5)
    assert abs(rows.mean() - 13.5) <= 0.5 and abs(columns.mean() - 13.5) <= 0.5
    assert not digit(bytes(112 * 112)).any()


@pytest.mark.slow
def test_every_shipped_spec_that_reads_digits_answers_one() -> None:
    picture = read_set(DEMO, "test").images[0, ..., 0]
    for name in ("lenet5", "lenet5_rbf", "lenet5_cross", "mlp", "autoencoder"):
        net = load(specs() / f"{name}.net")
        found = answered(net, net.initial(), as_trained(net), picture)
        assert found.layers[-1]["pixels"] and found.classes, name
