"""Every command with every option that it declares: its exit status, and what it prints of it."""

from __future__ import annotations

import contextlib
import importlib
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from netspec.cli import COMMANDS, main
from netspec.data.shipped import DEMO

SPEC = """netspec 1

net Small(units = 3, side = 3) {
    input image: 1 x 8 x 8
    sparse table t: 2 -> 2 {
        X .
        X X
    }
    c = image -> conv(2, side)
    output y = c -> conv(2, 3, table: t) -> relu -> dense(units) -> softmax
}
train {
    epochs: 1
    batch: 4
}
data { classes: ["a", "b", "c"] }
"""
PICTURES = SPEC.replace("data {", "data { prepare: grayscale -> resize(8, 8)\n   ")

SLOW = (
    "train a.net --data data -o graphs --engine onnxruntime --device cpu --tune",
    "train --resume graphs --epochs 2 --tune",
    "demo -o demo --epochs 1",
    "data demo pictures --pictures",
    "profile a.net --batch 2 --threads 1 --tune",
    "sweep a.net --data data -o points --set side=1 --rate 0.1 --seeds 1 --jobs 2 --threads 1",
)
#: Command line, exit status, what its standard output has (`!` before what standard error has).
ROWS = [
    ("--version", 0, "0.1.0"),
    ("-h", 0, "Commands:"),
    ("nothing", 2, "!there is no command nothing"),
    ("chekc a.net", 2, "!did you mean `check`?"),
    ("demo --epochs 0", 2, "!--epochs"),
    ("demo -o demo --epochs 1", 0, "netspec run demo/model.onnx your-digit.png"),
    ("new fresh-net --like hopfield", 0, "netspec train fresh-net.net --data data"),
    ("new folder", 2, "!folder cannot be made"),
    ("check a.net", 0, ""),
    ("check", 2, "!Missing argument"),
    ("check none.net", 2, "!error[N601]: none.net cannot be read"),
    ("check bad.net", 1, "!error[N303]: there is no layer or block cnov"),
    ("check bad.net --format concise", 1, "!bad.net:4:21: error[N303]"),
    ("check bad.net --format json", 1, '"code": "N303"'),
    ("check bad.net --all", 1, "!N303"),
    ("check a.net --set side=1", 0, ""),
    ("check a.net --set unit=5", 1, "!units"),
    ("check a.net --set units", 2, "!NAME=VALUE"),
    ("check a.net --root .", 0, ""),
    ("check a.net --root a.net", 2, "!a.net is not a folder"),
    ("show a.net", 0, "c/conv"),
    ("show a.net --root . --set side=1", 0, "dense"),
    ("show free.net --at H=9", 0, "1 x 7 x 8"),
    ("show free.net --at H", 2, "!H=224"),
    ("show free.net --at Q=9", 1, "!free sizes of the net: H"),
    ("show a.net --receptive", 0, "field"),
    ("show a.net --explain", 0, "decided for you:\n"),
    ("show a.net --health", 0, "first loss of y: "),
    ("show a.net --health --batch 3 --json", 0, '"batch": 3'),
    ("show free.net --health --at H=9", 0, "no layer is saturated"),
    ("show a.net --health --receptive", 2, "!--health has a table of its own"),
    ("show a.net --batch 4", 0, "training on batches of 4 takes "),
    ("show a.net --batch 4 --checkpoint-activations", 0, "training on batches of 4 takes "),
    ("show a.net --memory 20MB", 0, "training on batches of "),
    ("show a.net --memory 1KB", 1, "!error[N712]"),
    ("show a.net --memory much", 2, "!2GB"),
    ("show a.net --json", 0, '"net": "Small"'),
    ("show a.net --columns kind,macs --depth 1", 0, "4 layers"),
    ("show a.net --csv -", 0, "layer,kind,shape,units,"),
    ("show a.net --markdown -", 0, "| layer | kind |"),
    ("draw a.net --root . --set side=1 -o a.svg", 0, ""),
    ("draw a.net", 0, "│ conv(2, 3) │"),
    ("draw a.net --width 85mm", 2, "!for figures"),
    ("draw a.net -o a.png", 0, "!wrote a.png"),
    ("draw a.net -o a.pdf", 0, "!wrote a.pdf"),
    ("draw a.net -o a.jpg", 2, "!as .svg, .png, .pdf or .txt, and not as .jpg"),
    ("draw a.net -o - --open all", 0, "<svg "),
    ("draw a.net -o - --open nothing", 2, "!has no block nothing"),
    ("draw free.net -o - --at H=9 --direction right", 0, "1 × 7 × 8"),
    ("draw free.net -o - --at H=²", 2, "!--at takes a size such as H=224"),
    ("draw free.net -o - --at H=9999999999999999999", 2, "!--at takes a size such as H=224"),
    ("draw a.net -o - --width 85mm --no-legend", 0, 'width="85mm"'),
    ("draw a.net -o - --width 85", 2, "!85mm, 8.5cm, 3.3in or 240pt"),
    ("draw a.net -o - --width nanmm", 2, "!--width"),
    ("draw a.net -o - --width 3mm", 2, "!not between 20mm and 2000mm"),
    ("draw a.net -o - --receptive c", 0, "3 × 3 of 8 × 8"),
    ("draw a.net -o - --receptive d", 2, "!has no layer d"),
    ("draw free.net -o - --receptive y", 2, "!--at H=224"),
    ("table a.net t", 0, "sparse table t: 2 -> 2"),
    ("table a.net t --root . --set side=1 -o -", 0, "<svg "),
    ("table a.net t -o t.png", 0, "!wrote t.png"),
    ("table a.net t -o t.bmp", 2, "!and not as .bmp"),
    ("table a.net u", 1, "!error[N222]"),
    ("diff a.net a.net --root .", 0, ""),
    ("diff a.net a.net --set side=3 --set-other side=1", 1, "c/conv shape: 2 x 6 x 6 | 2 x 8 x 8"),
    ("format a.net", 0, ""),
    ("format a.net --check", 0, ""),
    ("lsp -h", 0, "docs/editor.md"),
    ("lsp --port 3", 2, "!No such option"),
    ("play a.net --root . --set side=1 --weights run --port 8777 -h", 0, "netspec play [OPTIONS] [SPEC]"),
    ("play a.net --weights none.npz", 2, "!error[N601]: none.npz cannot be read"),
    ("play none.net", 2, "!error[N601]: none.net cannot be read"),
    ("play a.net --port 0", 2, "!--port"),
    ("play a.net --set units", 2, "!NAME=VALUE"),
    ("play a.net --root a.net", 2, "!is not a folder"),
    ("play a.net --weights run --port 1234567", 2, "!--port"),
    ("format ugly.net --check", 1, "!would rewrite ugly.net"),
    ("train a.net --root . --data data -o fresh --epochs 2 --batch 5 --seed 3 --threads 1 --set units=3", 0,
        "fresh/model.onnx"),
    ("train a.net --data data -o run", 2, "!error[N713]"),
    ("train a.net --data data -o again --force --memory 1GB --checkpoint-activations --max-pixels 10", 0,
        "again/model.onnx"),
    ("train a.net --data data -o patient --rate 0.1 --patience 2", 0, "patient/model.onnx"),
    ("train a.net --data data -o short --max-hours 0.000001", 0, "short/model.onnx"),
    ("train a.net --data data --max-hours nan", 2, "!--max-hours"),
    ("train a.net --data data --rate nan", 2, "!--rate"),
    ("train a.net --data data --rate inf", 2, "!--rate"),
    ("sweep a.net --data data -o points --set side=1 --rate 0.1 --seeds 1 --jobs 2 --threads 1", 0, "point  "),
    ("sweep a.net --data data -o points --rate 0.1,,0.2", 2, "!has an empty value"),
    ("sweep a.net --data nothing --rate 0.1", 2, "!there is no nothing"),
    ("sweep a.net --data data -o far --set sides=1 --ray --ray-address 127.0.0.1:1", 1, "!sides"),
    ("sweep a.net --data data -o far --rate 0.1 --ray --ray-address 127.0.0.1:1", 2, "!error[N718]"),
    ("runs . --sort -minutes --csv -", 0, "run,"),
    ("runs . --json", 0, '"minutes"'),
    ("runs . --json --csv -", 2, "!only one of --csv and --json can go to standard output"),
    ("runs . --sort colour", 2, "!no run has a column colour"),
    ("runs nothing", 2, "!nothing cannot be listed"),
    ("train a.net --data data -o boarded --tensorboard", 0, "boarded/model.onnx"),
    ("train a.net --data data --rate 0", 2, "!--rate"),
    ("train a.net --data data -o graphs --engine onnxruntime --device cpu --tune", 0, "graphs/model.onnx"),
    ("train --resume graphs --epochs 2 --tune", 2, "!tune is for a new run"),
    ("train a.net --data data --device cpu", 2, "!a device is for engine onnxruntime"),
    ("train a.net --data data -o formed --format arrays --on-bad-image skip", 0, "formed/model.onnx"),
    ("train a.net --data data -o unformed --format list", 1, "!in the format `list`"),
    ("data check data a.net --format idx", 1, "!holds no data"),
    ("eval run --data data --format arrays --on-bad-image error", 0, "loss "),
    ("train a.net --data data -o cached --cache 0", 0, "cached/model.onnx"),
    ("train a.net --data data --cache much", 2, "!'much' is not a size"),
    ("eval run --data data --cache 1.5MB", 0, "loss "),
    ("train a.net --data data --patience 0", 2, "!--patience"),
    ("train a.net --data data -o tuned --from run --fresh y/dense.* --freeze c/*", 0, "tuned/model.onnx"),
    ("train a.net --data data -o tuned2 --freeze d/*", 1, "!error[N716]"),
    ("data check data a.net --root . --set side=1 --max-pixels 100", 0, "train: 12 examples"),
    ("data check data a.net --json", 0, '"sound": true'),
    ("data check data free.net", 1, "wrong: "),
    ("data check nothing", 2, "!nothing does not exist"),
    ("data demo digits", 0, ""),
    ("data demo run --pictures", 2, "!run cannot be made: it is not empty"),
    ("data demo pictures --pictures", 0, ""),
    ("train a.net --data data --resume run -o other", 0, "other/model.onnx"),
    ("train a.net --data data --resume data", 2, "!error[N711]"),
    ("train --resume run -o alone --epochs 2", 0, "alone/model.onnx"),
    ("train --data data", 2, "!SPEC"),
    ("train a.net --data nothing -o run3", 2, "!nothing"),
    ("train a.net", 2, "!--data"),
    ("profile a.net --root . --batch 2 --threads 1 --set side=1", 0, "a whole step of 2"),
    ("profile free.net --at H=9 --batch 2 --threads 1 --json", 0, '"lines"'),
    ("profile a.net --batch 2 --threads 1 --checkpoint-activations", 0, "instead of"),
    ("profile a.net --batch 2 --threads 1 --tune", 0, "c/conv"),
    ("compile a.net --root . --set units=3 -o m.onnx --weights run/weights.safetensors --explain", 0,
        "table t runs as"),
    ("compile pictures.net -o raw.onnx --raw-pixels", 0, "uint8"),
    ("compile a.net -o c.onnx --convolutional", 0, "c.onnx: "),
    ("compile run -o half.onnx --float16 --opset 21", 0, "half.onnx: "),
    ("eval sixteen.onnx --data data", 0, "accuracy"),
    ("compile a.net --float16 --opset 12", 2, "!can in 13 to"),
    ("compile run -o eight.onnx --int8 --calibrate data --lose 1", 0, "eight.onnx: "),
    ("eval eight.onnx --data data --untrusted", 0, "accuracy"),
    ("compile a.net --int8", 2, "!--calibrate DATA"),
    ("compile a.net -o folder", 2, "!error[N604]"),
    ("compile a.net --train-step -o s.onnx --set units=3", 0, "s.onnx: "),
    ("compile a.net --train-step --weights run/weights.safetensors", 2, "!do not go together"),
    ("compile a.net --train-step -o t.onnx --explain", 0, "table t runs as"),
    ("compile a.net --train-step --convolutional", 2, "!--convolutional"),
    ("compile a.net --train-step --raw-pixels", 2, "!--raw-pixels"),
    ("run step.onnx p.png", 1, "!step.onnx is a training step"),
    ("run raw.onnx p.png --top 2 --device cpu --max-pixels 100", 0, "p.png  "),
    ("run raw.onnx p.png --json", 0, '"label"'),
    ("run raw.onnx p.png --csv - --batch 2 --threads 1", 0, "filename,label,prob,index,error,code"),
    ("run raw.onnx p.png --jsonl -", 0, '{"filename": "p.png", "label": '),
    ("run raw.onnx p.png --parquet a.parquet", 0, "!wrote a.parquet"),
    ("run raw.onnx p.png --parquet - --json", 2, "!only one form"),
    ("run raw.onnx p.png --parquet new/", 0, "!wrote 1 row into new"),
    ("run raw.onnx p.png --csv rows --jsonl ./rows", 2, "!rows would get two results"),
    ("run raw.onnx p.png --parquet blocks --ray --ray-address 127.0.0.1:1 --workers 2", 0, "!nothing is left to do"),
    ("run raw.onnx p.png --ray --ray-address 127.0.0.1:1 --workers 2", 2, "!error[N718]"),
    ("run raw.onnx p.png --workers 2", 2, "!belongs to --ray"),
    ("run raw.onnx p.png --csv rows.csv --untrusted", 2, "!no file is written"),
    ("run raw.onnx p.png --map - --untrusted", 2, "!leave --map and --boxes out"),
    ("run raw.onnx p.png --boxes to --untrusted", 2, "!leave --map and --boxes out"),
    ("train a.net --data data --at H=8 -o sized", 1, "!`--at H=…` names no free size"),
    ("run raw.onnx p.png --map maps", 1, "!not a map"),
    ("run raw.onnx p.png --boxes boxes --min-prob 0.9", 1, "!not a map"),
    ("run raw.onnx p.png --min-prob 2", 2, "!--min-prob"),
    ("run raw.onnx p.png --min-prob nan", 2, "!--min-prob"),
    ("run raw.onnx p.png --max-pixels 3", 1, "error[N705]"),
    ("run raw.onnx p.png --max-pixels 1", 1, "error[N705]"),
    ("run raw.onnx p.png --max-pixels 0", 2, "!--max-pixels"),
    ("run raw.onnx p.png --untrusted", 0, "p.png  "),
    ("run raw.onnx p.png --device cpu --fast --batch 2", 0, "p.png  "),
    ("run raw.onnx p.png --device gpu", 2, "!'auto', 'cpu', 'cuda', 'tensorrt'"),
    ("run a.net p.png", 1, "!error[N708]"),
    ("features run c data/test.npz -o f.npz", 0, "!wrote f.npz"),
    ("features a.net c/conv data/test.npz --root . --set units=3 --weights run/weights.safetensors -o f.csv --batch 2 "
        "--threads 1", 0, "!wrote f.csv"),
    ("features run/model.onnx d data/test.npz -o f.npz --device cpu --max-pixels 100", 1, "!has no layer d"),
    ("features run c data/test.npz -o f.npz --fast", 0, "!wrote f.npz"),
    ("features run c p.png -o f.txt", 2, "!.npz or .csv"),
    ("features a.net c p.png -o f.npz", 2, "!whose weights are missing"),
    ("prune run --to-table c --keep 0.5 --steps 2 --by correlation --data data --epochs 1 --rate 0.1 -o cut "
        "--threads 1 --json", 0, '"statement": "c"'),
    ("prune run --to-table c --keep 0", 2, "!--keep"),
    ("prune run --to-table c --keep nan", 2, "!--keep"),
    ("prune run --to-table q --keep 0.5", 1, "!error[N101]"),
    ("prune a.net --to-table c --keep 0.5", 2, "!a run's folder is wanted"),
    ("eval run/model.onnx --data data", 0, "loss "),
    ("eval run/model.onnx --data data --device cpu --max-pixels 9 --json", 0, '"outputs"'),
    ("eval run/model.onnx --data data --untrusted", 0, "accuracy"),
    ("eval run/model.onnx --data data --batch 3 --fast", 0, "loss "),
    ("eval run/model.onnx --data nothing", 2, "!nothing"),
    ("eval run/model.onnx --data data --mistakes - --fail-under 0", 0, "filename,label,answer,prob,label_prob"),
    ("eval run/model.onnx --data data --mistakes - --json", 2, "!only one of --mistakes and --json"),
    ("eval run/model.onnx --data data --fail-under 1.01", 1, "!below --fail-under 1.01"),
    ("weights list a.net --root . --set units=3", 0, "c/conv.weight"),
    ("weights list run/weights.safetensors --json", 0, '"c/conv.weight": "2 x 1 x 3 x 3"'),
    ("weights import dense.net --root . dense.npz --set units=3 -o dense.safetensors", 0, ""),
    ("weights import a.net dense.npz -o b.safetensors", 1, "!error[N701]"),
    ("layers", 0, "conv: conv, "),
    ("claims", 0, "hopfield-energy "),
    ("claims --json", 0, '"minutes": '),
    ("claims alexnet-crops --seeds 1 -o claims", 0, "does not hold: There are 2,178"),
    (f"claims perceptron-xor --quick --data {DEMO} --seeds 1 --json", 0, '"verdict": "not decided"'),
    ("claims --all --data data --out book", 1, "!error[N707]"),
    ("claims --all vgg-dense", 2, "!not both"),
    ("claims vgg-dnse", 2, "!did you mean `vgg-dense`?"),
    ("completion bash", 0, "_NETSPEC_COMPLETE=bash_complete"),
    ("completion tcsh", 2, "!'bash', 'zsh', 'fish'"),
    ("man", 0, ".TH NETSPEC 1"),
    ("man -o netspec.1", 0, "!wrote netspec.1"),
    ("doctor", 0, "nothing is wrong"),
    ("doctor --json", 0, '"devices"'),
    ("layers conv", 0, "Shape: "),
    ("layers cnov", 2, "!did you mean `conv`?"),
    ("layers cosine", 0, "a schedule"),
    ("layers adam --json", 0, '"name": "beta1"'),
    ("explain N001", 0, "# N001: "),
    ("explain n001", 0, "# N001: "),
    ("explain N999", 2, "!there is no error N999"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("options")
    for name, text in {
        "a.net": SPEC,
        "pictures.net": PICTURES,
        "free.net": "netspec 1\nnet F {\n    input x: 1 x H x 10\n    output y = x -> conv(1, 3)\n}\n",
        "bad.net": "netspec 1\nnet B {\n    input x: 1 x 9 x 9\n    output y = x -> cnov(1, 3)\n}\n",
        "ugly.net": "netspec 1\nnet  U {\ninput x: 3\noutput y=x->relu }\n",
        "dense.net": "netspec 1\nnet D(units = 2) {\n    input x: 4\n    output y = x -> dense(units)\n}\n",
    }.items():
        (here / name).write_text(text, encoding="utf-8")
    (here / "data").mkdir()
    (here / "folder").mkdir()
    draw = np.random.default_rng(0)
    for part, count in (("train", 12), ("test", 5)):
        images = draw.random((count, 1, 8, 8), dtype=np.float32)
        np.savez(here / "data" / f"{part}.npz", image=images, y=np.arange(count) % 3)
    np.savez(here / "dense.npz", **{"fc.weight": np.ones((3, 4), np.float32), "fc.bias": np.zeros(3, np.float32)})
    with contextlib.chdir(here):
        for line in (
            "train a.net --data data -o run --threads 1",
            "train a.net --data data -o again --threads 1",
            "compile pictures.net -o raw.onnx --raw-pixels",
            "compile run -o sixteen.onnx --float16",
            "compile a.net -o step.onnx --train-step",
        ):
            assert main(shlex.split(line)) == 0
    Image.fromarray(draw.integers(0, 255, (9, 7), dtype=np.uint8)).save(here / "p.png")
    with contextlib.chdir(here):
        assert main(shlex.split("run raw.onnx p.png --parquet blocks/")) == 0
    return here


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        pytest.param(
            *row,
            id=row[0],
            marks=[pytest.mark.slow] if row[0] in SLOW else [],
        )
        for row in ROWS
    ],
)
def test_what_a_command_prints_and_how_it_ends(
    line: str, status: int, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = main(shlex.split(line))
    out, err = capfd.readouterr()
    assert found == status, err
    assert told.removeprefix("!") in (err if told.startswith("!") else out)
    assert "Traceback" not in err
    if "json" in line and status == 0:
        json.loads(out)


def declared(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for inner in command.commands:
            yield from declared(command.commands[inner], f"{name} {inner}")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield name, max(parameter.opts, key=len)


def test_no_command_and_no_option_is_left_out() -> None:
    lines = [f"{line} " for line, status, _ in ROWS if status != 2]
    handed_on = {option for _, option in declared(importlib.import_module("netspec.cli.train").command, "train")}
    for name in COMMANDS:
        command = importlib.import_module(f"netspec.cli.{name}").command
        assert any(line.startswith(f"{name} ") for line in lines), name
        for path, option in declared(command, name):
            if path == "sweep" and option in handed_on:  # train's rows try them
                continue
            short = "-o" if option == "--out" else option
            assert any(line.startswith(f"{path} ") and f" {short} " in line for line in lines), f"{path} {option}"


def test_every_command_of_the_package_is_listed() -> None:
    """A module with a command whose name is not in COMMANDS would silently be none."""
    rooms = Path(importlib.import_module("netspec.cli").__path__[0])
    with_command = {
        path.stem for path in rooms.glob("*.py") if ".command(" in path.read_text() or ".group(" in path.read_text()
    }
    assert with_command - {"__init__"} == set(COMMANDS)
