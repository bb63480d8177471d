"""Devices: the one asked for or none, the best that starts, and why not a better one; with a false onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netspec import machine
from netspec.diagnostics import Fault, Trouble
from netspec.runtime import devices
from netspec.runtime.devices import BATCH, PROVIDERS, Device
from netspec.runtime.session import open_model, tried
from tests.runtime.models import flat, model, tensor

CPU, CUDA, TENSORRT = (PROVIDERS[name] for name in ("cpu", "cuda", "tensorrt"))


class Fails(Exception):
    """What a library raises has no kind of ours."""


class Options(SimpleNamespace):
    """Options of a session, by name."""

    def add_session_config_entry(self, key: str, value: str) -> None:
        self.__dict__[key] = value


class Library:
    """An onnxruntime: ``there`` are its providers, ``starts`` says what becomes of one that is asked for first."""

    def __init__(self, there: list[str], starts: Callable[[str], list[str]], preload: str = "") -> None:
        self.there, self.starts, self.preload = there, starts, preload
        self.asked: list[str] = []
        self.shape: list[Any] = [1, 4, 4]
        self.runs: Callable[[str, Any], Any] = lambda provider, x: [x]
        self.options: list[Any] = []
        self.SessionOptions, self.InferenceSession = Options, self.session

    def get_available_providers(self) -> list[str]:
        return self.there

    def set_default_logger_severity(self, level: int) -> None:
        pass

    def preload_dlls(self, directory: str) -> None:
        if self.preload:
            print(self.preload)

    def session(self, model: Any, options: Any, providers: list[Any], enable_fallback: int) -> Any:
        first = providers[0] if isinstance(providers[0], str) else providers[0][0]
        self.asked.append(first)
        self.options.append(options)
        running = self.starts(first)
        return SimpleNamespace(
            get_providers=lambda: running,
            get_inputs=lambda: [SimpleNamespace(name="x", shape=["N", *self.shape], type="tensor(float)")],
            get_outputs=lambda: [SimpleNamespace(name="y", shape=["N", *self.shape], type="tensor(float)")],
            run=lambda names, given: self.runs(running[0], given["x"]),
            get_modelmeta=lambda: SimpleNamespace(custom_metadata_map={"netspec": "{}"}),
        )


def as_asked(provider: str) -> list[str]:
    return [provider]


def falls_back(provider: str) -> list[str]:
    """What onnxruntime does without a word where a library is missing."""
    return [CPU]


def cuda_raises(provider: str) -> list[str]:
    if provider != CPU:
        raise Fails("CUDA driver version is insufficient\nand a page of it")
    return [CPU]


def all_raise(provider: str) -> list[str]:
    raise Fails("Protobuf parsing failed.\nmore")


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Library]:
    def put(*given: Any) -> Library:
        made = Library(*given)
        monkeypatch.setattr(devices, "ort", made)
        monkeypatch.setattr(machine, "card", lambda: "/dev/nvidia0")
        return made

    return put


Use = Callable[..., Library]


def opened(device: str = "auto") -> Any:
    return open_model(Path("a.onnx"), device, b"a model")


def test_auto_takes_the_better_one(use: Use) -> None:
    made = use([CUDA, CPU], as_asked)
    session = opened()
    assert (session.device, session.note, made.asked) == ("cuda", "", [CUDA])


def test_a_silent_fall_back_is_noticed(use: Use) -> None:
    use([CUDA, CPU], falls_back)
    session = opened()
    assert (session.device, session.note.split(";")[0]) == ("cpu", "cuda: its libraries do not load")


def test_what_the_preloading_says_is_the_reason(use: Use) -> None:
    use([CUDA, CPU], falls_back, "\nlibcudnn.so.9: cannot open shared object file\nmore")
    assert opened().note.split(";")[0] == "cuda: libcudnn.so.9: cannot open shared object file"


def test_a_device_that_raises_is_passed_over(use: Use) -> None:
    made = use([CUDA, CPU], cuda_raises)
    assert (opened().device, made.asked) == ("cpu", [CUDA, CPU])


def test_without_the_provider_it_is_not_tried(use: Use) -> None:
    made = use([CPU], as_asked)
    session = opened()
    assert (session.device, made.asked) == ("cpu", [CPU])
    assert session.note.split(";")[0] == "cuda: this onnxruntime is built without it"


def test_a_model_that_opens_nowhere_is_at_fault(use: Use) -> None:
    use([CUDA, CPU], all_raise)
    with pytest.raises(Fault) as caught:
        opened()
    assert (caught.value.code, caught.value.status) == ("N708", 1)
    assert caught.value.message == "a.onnx cannot be opened: Protobuf parsing failed."


@pytest.mark.parametrize(
    ("there", "starts", "code", "status"),
    [
        ([CPU], as_asked, "N709", 2),  # built without it
        ([CUDA, CPU], falls_back, "N709", 2),  # opens on another without a word
        ([CUDA, CPU], cuda_raises, "N709", 2),
        ([CUDA, CPU], all_raise, "N708", 1),  # the processor does not open it either: it is the model
    ],
)
def test_a_device_by_name_is_that_one_or_an_error(
    use: Use, there: list[str], starts: Callable[[str], list[str]], code: str, status: int
) -> None:
    use(there, starts)
    with pytest.raises(Fault) as caught:
        opened("cuda")
    assert (caught.value.code, caught.value.status) == (code, status)
    assert isinstance(caught.value, Trouble) == (status == 2)


def test_the_processor_by_name_is_all_that_is_asked(use: Use) -> None:
    made = use([TENSORRT, CUDA, CPU], as_asked)
    assert (opened("cpu").device, made.asked) == ("cpu", [CPU])


def test_threads_are_those_of_the_machine(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 3)
    made = use([CPU], as_asked)
    opened("cpu")
    assert made.options[0].intra_op_num_threads == 3


@pytest.mark.parametrize("steady", [False, True])
def test_a_model_does_not_spin_between_its_runs(use: Use, steady: bool) -> None:
    """Unless it runs again at once: meanwhile others read what it is asked next."""
    made = use([CPU], as_asked)
    devices.opened("m.onnx", "cpu", Device("cpu"), steady=steady)
    assert getattr(made.options[0], "session.force_spinning_stop", "0") == ("0" if steady else "1")


def fails_on_a_card(provider: str, x: Any) -> Any:
    if provider != CPU:
        raise Fails("CUDA error: no kernel image")
    return [x]


def fails_everywhere(provider: str, x: Any) -> Any:
    raise Fails("a bad model")


def test_a_model_that_no_device_runs_is_no_fault_of_the_card(use: Use) -> None:
    use([CUDA, CPU], as_asked).runs = fails_everywhere
    assert opened("cuda").device == "cuda"  # what is wrong is told with the first picture


def test_free_sizes_are_tried_until_one_fits(use: Use) -> None:
    made, seen = use([CUDA, CPU], as_asked), []

    def runs(provider: str, x: Any) -> Any:
        seen.append(x.shape)
        if x.shape[2] != 32:
            raise Fails("a size that does not fit")
        return [x]

    made.shape, made.runs = [3, "H", "W"], runs
    assert opened("cuda").device == "cuda"
    assert seen == [(1, 3, 224, 224), (1, 3, 32, 32)]


def test_a_card_that_cannot_hold_the_model_says_so(use: Use) -> None:
    def full(provider: str) -> list[str]:
        raise Fails("CUDA error: out of memory")

    def on_cuda(provider: str) -> list[str]:
        return [CPU] if provider == CPU else full(provider)

    use([CUDA, CPU], on_cuda)
    assert opened().note == "cuda: its memory does not hold the model; run on the cpu: `--device cpu`"
    with pytest.raises(Trouble, match="does not start: its memory does not hold the model"):
        opened("cuda")


@pytest.mark.parametrize(
    ("shape", "batch", "help"),
    [([1, 4, 4], 32, "give it fewer: `--batch 16`"), ([1, 4, 4], 1, "run on the cpu: `--device cpu`")],
)
def test_a_full_card_says_what_helps(use: Use, shape: list[Any], batch: int, help: str) -> None:
    def full(provider: str, x: Any) -> Any:
        raise Fails("CUDA failure 2: out of memory")

    use([CUDA, CPU], as_asked).runs = full
    with pytest.raises(Trouble) as caught:
        open_model(Path("a.onnx"), Device("cuda", batch), b"a model")
    assert (caught.value.code, caught.value.help) == ("N709", help)
    assert f"its memory does not hold {batch} example" in caught.value.message


def test_a_device_starts_only_where_a_model_answers(use: Use) -> None:
    use([CUDA, CPU], as_asked).runs = fails_on_a_card
    assert tried(b"") == {
        "cpu": "",
        "cuda": "it cannot run the model: CUDA error: no kernel image",
        "tensorrt": "this onnxruntime is built without it",
    }


# ---- with the real one


def test_the_real_one_says_which_library_is_missing() -> None:
    found = tried(flat())
    assert found["cpu"] == "" and found["cuda"] != ""
    if CUDA in devices.ort.get_available_providers():
        assert "libonnxruntime_providers_cuda" in found["cuda"] and "[E:" not in found["cuda"]


def test_what_is_written_meanwhile_is_heard_and_all_is_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    with devices.heard() as lines:
        print("printed")
        os.write(1, b"by a library\n")
        os.write(2, b"\x1b[1;31mred\x1b[m\n" + b"x" * 2**17)  # more than a pipe holds
    os.write(2, b"after")
    assert lines[:3] == ["printed", "by a library", "red"]
    assert capfd.readouterr() == ("", "after")


def real(content: bytes) -> Any:
    return open_model(Path("a.onnx"), "cpu", content)


@pytest.mark.parametrize("rows", [1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 5])
def test_every_row_has_its_answer(rows: int) -> None:
    x = np.arange(rows * 16, dtype=np.float32).reshape(rows, 1, 4, 4)
    (y,) = real(flat()).run(x)
    assert np.array_equal(y, x.reshape(rows, 16))


def test_a_model_of_one_size_of_batch_gets_it_and_the_padding_is_cut_off() -> None:
    from onnx import helper as h

    node = h.make_node("Flatten", ["x"], ["y"])
    fixed = model([node], [tensor("x", [4, 1, 4, 4])], [tensor("y", [4, 16])])
    x = np.random.default_rng(0).random((6, 1, 4, 4), dtype=np.float32)
    (y,) = real(fixed).run(x)
    assert np.array_equal(y, x.reshape(6, 16))


def test_a_model_that_opens_and_does_not_run_is_an_error() -> None:
    from onnx import TensorProto as T
    from onnx import helper as h

    to = h.make_tensor("to", T.INT64, [2], [-1, 7])  # 16 numbers are no rows of 7
    node = h.make_node("Reshape", ["x", "to"], ["y"])
    session = real(model([node], [tensor("x", ["N", 1, 4, 4])], [tensor("y", ["M", 7])], [to]))
    with pytest.raises(Fault, match="model") as caught:
        session.run(np.zeros((2, 1, 4, 4), np.float32))
    assert caught.value.code == "N708"


def test_outputs_come_in_the_order_asked_for() -> None:
    from onnx import helper as h

    nodes = [h.make_node("Flatten", ["x"], ["a"]), h.make_node("Neg", ["a"], ["b"])]
    session = real(model(nodes, [tensor("x", ["N", 1, 4, 4])], [tensor("a", ["N", 16]), tensor("b", ["N", 16])]))
    x = np.ones((1, 1, 4, 4), np.float32)
    b, a = session.run(x, names=["b", "a"])
    assert (a[0, 0], b[0, 0]) == (1, -1)
    assert list(session.outputs) == ["a", "b"]
    assert session.outputs["a"] == (16,)
