"""Specs and files that several rooms' tests, and the pages of errors, work on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
from PIL import Image

from netspec.interop.weight_files import save_weights
from netspec.net import load

DEMO = Path(__file__).parents[1] / "netspec" / "data" / "demo"

TINY = """netspec 1
net Tiny(classes = 10) {
    input image: 1 x 28 x 28
    sparse table c3: 4 -> 4 = band(2)
    output y = image -> conv(4, 5, stride: 3) -> conv(4, 3, table: c3) -> relu -> dense(classes) -> softmax
}
train { epochs: 1 }
data { prepare: grayscale -> scale(1 / 255) }
"""


def prepared(folder: Path) -> Path:
    """The files that the pages' commands work on."""
    (folder / "tiny.net").write_text(TINY)
    (folder / "units.net").write_text("netspec 1\nnet Units {\n input x: 8\n output y = x -> dense(2) -> softmax\n}\n")
    (folder / "sound.net").write_text(
        "netspec 1\nnet Sound {\n input x: 2 x 80\n output y = x -> conv(4, 3) -> softmax\n}\n"
    )
    (folder / "blocks.net").write_text("netspec 1\nblock twice(maps) { (conv(maps, 3) -> relu) * 2 }\n")
    (folder / "far.net").write_text("netspec 1\nnet Far {\n input x: 8\n output y = x -> rbf(2, width: 1e-30)\n}\n")
    (folder / "still.net").write_text("netspec 1\nnet Still {\n input x: 8\n output y = x -> relu\n}\n")
    (folder / "latin1.net").write_bytes("netspec 1\n# größe".encode("latin-1"))
    (folder / "coloured.net").write_text(TINY.replace("1 x 28 x 28", "3 x 32 x 32"))
    (folder / "wild.net").write_text(TINY.replace("epochs: 1", "epochs: 1\n optimizer: sgd(1e30)"))
    (folder / "huge.net").write_text(TINY.replace("dense(classes)", "dense(60000) -> dense(12000) -> dense(classes)"))
    digits = folder / "digits"
    digits.mkdir()
    for kind, size in (("train", 64), ("t10k", 16)):
        images = np.random.default_rng(0).integers(0, 255, (size, 28, 28), dtype=np.uint8)
        heads = (
            b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape),
            b"\0\0\x08\x01" + size.to_bytes(4, "big"),
        )
        (digits / f"{kind}-images-idx3-ubyte").write_bytes(heads[0] + images.tobytes())
        (digits / f"{kind}-labels-idx1-ubyte").write_bytes(heads[1] + bytes(i % 10 for i in range(size)))
    Image.fromarray(images[0]).save(digits / "one.png")
    broken = folder / "broken"
    broken.mkdir()
    images_file = (DEMO / "train-images-idx3-ubyte.gz").read_bytes()
    (broken / "train-images-idx3-ubyte").write_bytes(gzip.decompress(images_file)[:1000])
    (broken / "train-labels-idx1-ubyte").write_bytes(heads[1])
    net = load(folder / "tiny.net")
    save_weights(folder / "other.safetensors", {"y/conv.weight": np.zeros((4, 1, 3, 3), np.float32)}, {})
    net.compile(folder / "model.onnx")
    net.compile(folder / "lost.onnx", {path: np.full_like(array, 3e38) for path, array in net.initial().items()})
    run = folder / "trained"
    run.mkdir()
    (run / "spec.net").write_text(TINY)
    (run / "settings.json").write_text(json.dumps({"data": {"path": "digits"}}))
    save_weights(run / "weights.safetensors", net.initial(), {"data": net.data.to_json()})
    net.compile(run / "model.onnx")
    model = (folder / "model.onnx").read_bytes()  # no other loss has a name of this length
    (folder / "focal.onnx").write_bytes(model.replace(b'"loss": "cross_entropy"', b'"loss": "focal_entropy"'))
    return folder
