"""Every error has a page, and the page is its test: what it shows is what netspec prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.language import parse

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "errors").glob("N*.md"))
ERROR = re.compile(r"```net error\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
SOUND = re.compile(r"```net\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(\$ netspec [^\n]*)\n(.*?)```", re.DOTALL)
DEMO = ROOT / "netspec" / "data" / "demo"

TINY = """netspec 1
net Tiny(classes = 10) {
    input image: 1 x 28 x 28
    sparse table c3: 4 -> 4 = band(2)
    output y = image -> conv(4, 5, stride: 3) -> conv(4, 3, table: c3) -> relu -> dense(classes) -> softmax
}
train { epochs: 1 }
data { prepare: grayscale -> scale(1 / 255) }
"""


def printed(text: str) -> str:
    """What `netspec check` prints of a spec called page.net."""
    problems = Problems()
    elaborate(parse(Source("page.net", text), problems), problems, path=ROOT / "docs" / "errors" / "page.net")
    return render(problems)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_netspec_prints(page: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    new = ERROR.sub(lambda m: f"```net error\n{m[1]}```\n```text\n{printed(m[1])}\n```", text)
    if CONSOLE.search(text):
        folder = prepared(tmp_path)
        new = CONSOLE.sub(lambda m: f"```console\n{m[1]}\n{run(m[1], folder)}```", new)
    if new != text and request.config.getoption("--accept"):
        page.write_text(new, encoding="utf-8")
    assert new == text
    for sound in SOUND.findall(text):
        assert printed(sound) == ""
    assert ERROR.search(text) is None or f"[{page.stem}]" in text


def run(line: str, folder: Path) -> str:
    """A command's stderr and stdout, in a folder with the files that pages speak of."""
    arguments = line.split()[2:]
    done = subprocess.run([sys.executable, "-m", "netspec", *arguments], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    kept = [row for row in done.stderr.splitlines() if not row.startswith(("running on", "no weights"))]
    text = "\n".join([*kept, *done.stdout.splitlines()])
    text = re.sub(r"[0-9.]+ (s|KB|MB)\b", r"… \1", text.replace(f"{folder}/", ""))
    return re.sub(r"(, )[0-9] workers?", r"\g<1>… workers", text) + "\n" if text else ""


def prepared(folder: Path) -> Path:
    """The files that the pages' commands work on."""
    import gzip

    (folder / "tiny.net").write_text(TINY)
    (folder / "units.net").write_text("netspec 1\nnet Units {\n input x: 8\n output y = x -> dense(2) -> softmax\n}\n")
    (folder / "sound.net").write_text("netspec 1\nnet Sound {\n input x: 2 x 80\n output y = x -> conv(4, 3) -> softmax\n}\n")
    (folder / "blocks.net").write_text("netspec 1\nblock twice(maps) { (conv(maps, 3) -> relu) * 2 }\n")
    (folder / "far.net").write_text("netspec 1\nnet Far {\n input x: 8\n output y = x -> rbf(2, width: 1e-30)\n}\n")
    (folder / "latin1.net").write_bytes("netspec 1\n# größe".encode("latin-1"))
    (folder / "coloured.net").write_text(TINY.replace("1 x 28 x 28", "3 x 32 x 32"))
    (folder / "wild.net").write_text(TINY.replace("epochs: 1", "epochs: 1\n optimizer: sgd(1e30)"))
    (folder / "huge.net").write_text(TINY.replace("dense(classes)", "dense(60000) -> dense(12000) -> dense(classes)"))
    digits = folder / "digits"
    digits.mkdir()
    for kind, size in (("train", 64), ("t10k", 16)):
        images = np.random.default_rng(0).integers(0, 255, (size, 28, 28), dtype=np.uint8)
        heads = (b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in images.shape), b"\0\0\x08\x01" + size.to_bytes(4, "big"))
        (digits / f"{kind}-images-idx3-ubyte").write_bytes(heads[0] + images.tobytes())
        (digits / f"{kind}-labels-idx1-ubyte").write_bytes(heads[1] + bytes(i % 10 for i in range(size)))
    Image.fromarray(images[0]).save(digits / "one.png")
    broken = folder / "broken"
    broken.mkdir()
    whole = (DEMO / "train-images-idx3-ubyte.gz").read_bytes()
    (broken / "train-images-idx3-ubyte").write_bytes(gzip.decompress(whole)[:1000])
    (broken / "train-labels-idx1-ubyte").write_bytes(heads[1])
    from netspec.interop.weight_files import save_weights
    from netspec.net import load

    net = load(folder / "tiny.net")
    save_weights(folder / "other.safetensors", {"y/conv.weight": np.zeros((4, 1, 3, 3), np.float32)}, {})
    net.compile(folder / "model.onnx")
    net.compile(folder / "lost.onnx", {path: np.full_like(array, 3e38) for path, array in net.initial().items()})
    whole = (folder / "model.onnx").read_bytes()  # no other loss has a name of this length
    (folder / "focal.onnx").write_bytes(whole.replace(b'"loss": "cross_entropy"', b'"loss": "focal_entropy"'))
    return folder


def test_codes_and_pages_are_the_same_set() -> None:
    codes = {
        code for path in (ROOT / "netspec").rglob("*.py") for code in re.findall(r'"(N\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert codes == {page.stem for page in PAGES}
