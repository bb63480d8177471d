"""`netspec claims`: the list, one claim, and the book of all, which goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.claims import book
from netspec.claims.claim import Chart, Claim, Drawing, Finding, Verdict
from netspec.claims.lab import Lab
from netspec.cli import main
from netspec.data.shipped import DEMO
from netspec.diagnostics import Fault
from netspec.report.claims import markdown

EVIL = "<b>x</b> | y"


def made(name: str, seen: list[Lab], verdict: Verdict = Verdict.HOLDS, pictures: bool = False) -> Claim:
    """A claim that notes with what it was measured."""

    def measure(lab: Lab) -> Finding:
        seen.append(lab)
        drawn = (Chart("a curve", {"line": [1.0, 2.0]}, "step", "value"), Drawing("a picture", b"\x89PNG", ".png"))
        return Finding(verdict, f"found {EVIL}", ("net", "value"), [("one", EVIL)], drawn)

    return Claim(name, f"Said {EVIL}.", "a paper", "a number", 0.5, measure, pictures)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Lab]:
    """Two claims in place of the real ones, and what they were measured with."""
    noted: list[Lab] = []
    told: Mapping[str, Claim] = {
        "first": made("first", noted),
        "second": made("second", noted, Verdict.FAILS, pictures=True),
    }
    monkeypatch.setattr(book, "claims", lambda: told)
    monkeypatch.chdir(tmp_path)
    return noted


def test_there_are_thirty_and_more() -> None:
    told = book.claims()
    assert len(told) >= 30
    folder = Path(book.told.__path__[0])
    assert set(told) == {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"}
    for name, claim in told.items():
        assert (
            claim.name == name and claim.claim.endswith(".") and claim.source and claim.measured and claim.minutes > 0
        )


def test_the_list_has_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(book.claims())
    for line, claim in zip(lines, book.claims().values(), strict=True):
        assert line.startswith(claim.name) and f"{claim.minutes:g} min" in line
        assert claim.claim in line and claim.source in line and claim.measured in line


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told] == list(book.claims())
    assert all(set(one) == {"name", "claim", "source", "measured", "minutes"} for one in told)


@pytest.mark.parametrize("name", ["first", "second"])
def test_one_claim_is_printed_and_written(seen: list[Lab], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", name, "--seeds", "2", "--out", "there"]) == 0
    printed = capsys.readouterr().out
    verdict = {"first": "holds", "second": "does not hold"}[name]
    assert f"{verdict}: found {EVIL}" in printed and "a paper" in printed and f"Said {EVIL}." in printed
    assert seen[0].seeds == (1, 2) and not seen[0].quick
    assert {path.name for path in Path("there").iterdir()} == {
        f"{name}.json", f"{name}.html", f"{name}-1.svg", f"{name}-2.png"
    }  # fmt: skip
    page = (Path("there") / f"{name}.html").read_text(encoding="utf-8")
    assert (
        "<b>" not in page
        and page.count("data:image/svg+xml;base64,") == 1
        and page.count("data:image/png;base64,") == 1
    )
    entry = json.loads((Path("there") / f"{name}.json").read_text(encoding="utf-8"))
    assert entry["verdict"] == verdict and entry["given"]["seeds"] == [1, 2] and entry["rows"] == [["one", EVIL]]


def test_what_was_found_as_json(seen: list[Lab], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "first", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "holds"
    assert Path("runs/claims/first.html").is_file()
    assert seen[0].seeds == (1, 2, 3)


def test_quick_decides_nothing(seen: list[Lab], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "first", "--quick"]) == 0
    assert seen[0].quick and "not decided: found" in capsys.readouterr().out


def test_the_book_goes_on(seen: list[Lab], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "first", "--out", "b"]) == 0
    assert main(["claims", "--all", "--out", "b"]) == 0
    assert len(seen) == 2  # the first was there
    assert main(["claims", "--all", "--out", "b"]) == 0 and len(seen) == 2
    assert main(["claims", "--all", "--out", "b", "--seeds", "1"]) == 0 and len(seen) == 4
    path = Path("b/first.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"one"', "5"), encoding="utf-8")
    assert main(["claims", "--all", "--out", "b", "--seeds", "1"]) == 0 and len(seen) == 5
    assert capsys.readouterr().out.splitlines()[-2:] == ["first: holds", "second: does not hold"]
    text = Path("b/book.md").read_text(encoding="utf-8")
    assert "1 holds, 1 does not hold." in text and "## first" in text and "![a curve](first-1.svg)" in text
    assert "| one | <b>x</b> &#124; y |" in text
    page = Path("b/book.html").read_text(encoding="utf-8")
    assert 'href="#second"' in page and 'id="second"' in page and "<b>" not in page


def test_a_book_of_another_wording_is_measured_again(seen: list[Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["claims", "--all", "--out", "b"]) == 0
    monkeypatch.setattr(book, "listed", lambda claim: {"name": claim.name, "claim": "another"})
    assert book.kept(book.claims()["first"], Lab(), Path("b")) is None


def test_a_training_that_diverges_decides_nothing(
    seen: list[Lab], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def diverges(lab: Lab) -> Finding:
        raise Fault("N704", "training diverged")

    monkeypatch.setattr(book, "claims", lambda: {"it": Claim("it", "It.", "s", "m", 1, diverges)})
    assert main(["claims", "it"]) == 0
    assert "not decided: It could not be measured: training diverged." in capsys.readouterr().out


def test_wrong_uses(seen: list[Lab], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "frist"]) == 2
    assert "did you mean `first`" in capsys.readouterr().err
    assert main(["claims", "first", "--all"]) == 2
    assert main(["claims", "first", "--seeds", "0"]) == 2
    for asked in (["--seeds", "2"], ["--out", "b"], ["--data", str(DEMO)], ["--quick"]):
        capsys.readouterr()
        assert main(["claims", *asked]) == 2
        assert f"{asked[0]} is for measuring" in capsys.readouterr().err
    Path("file").touch()
    assert main(["claims", "first", "--out", "file"]) == 2
    assert "N604" in capsys.readouterr().err


def test_data_that_no_claim_reads_are_told(seen: list[Lab], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "first", "--data", "nowhere"]) == 2 and not seen
    capsys.readouterr()
    assert main(["claims", "first", "--data", str(DEMO)]) == 0
    assert "first reads no pictures: --data changes nothing" in capsys.readouterr().err
    assert main(["claims", "second", "--data", "nowhere"]) == 2  # before anything is measured
    assert "changes nothing" not in capsys.readouterr().err and len(seen) == 1
    assert main(["claims", "second", "--data", str(DEMO)]) == 0 and seen[1].data == DEMO
    out = capsys.readouterr().out
    assert f"pictures of {DEMO} in place of the digits, seeds 1, 2, 3" in out


# ---- what they are measured with


def test_what_several_share_is_measured_once(tmp_path: Path) -> None:
    lab, count = Lab(folder=tmp_path), [0]

    def measure() -> Any:
        count[0] += 1
        return {"n": count[0], 3: (1, 2)}

    assert lab.once("m", measure) == {"n": 1, "3": [1, 2]} == lab.once("m", measure)
    assert Lab(seeds=(1,), folder=tmp_path).once("m", measure)["n"] == 2
    (tmp_path / "m.json").write_text("{", encoding="utf-8")
    assert lab.once("m", measure)["n"] == 3
    assert Lab().once("m", measure)["n"] == 4


def test_digits_and_those_in_colour() -> None:
    lab = Lab()
    digits, colour = lab.digits(40, 20), lab.coloured(40, 20)
    assert digits.x.shape == (40, 28, 28, 1) and digits.test_x.shape == (20, 28, 28, 1) and digits.classes == 10
    assert colour.x.shape == (40, 32, 32, 3) and colour.x.dtype == np.uint8
    assert (colour.y == digits.y).all() and (colour.test_y == digits.test_y).all()
    assert (lab.coloured(40, 20).x == Lab().coloured(40, 20).x).all()
    # where a digit is, each colour is lighter than its ground
    for grey, picture in zip(digits.x[..., 0], colour.x, strict=True):
        placed = [np.pad(grey, ((y, 4 - y), (x, 4 - x))) for y in range(5) for x in range(5)]
        brighter = [picture[mask > 250].mean(axis=0) - picture[mask == 0].mean(axis=0) for mask in placed]
        assert max(difference.min() for difference in brighter) > 30


def test_ones_own_pictures_are_brought_to_one_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for kind in ("a", "b", "c"):
        (tmp_path / kind).mkdir()
        for n in range(12):
            Image.fromarray(rng.integers(0, 256, (20 + n, 30, 3), dtype=np.uint8)).save(tmp_path / kind / f"{n}.png")
    lab = Lab(data=tmp_path)
    grey, colour = lab.digits(100, 100), lab.coloured(10, 4)
    assert grey.x.shape == (30, 28, 28, 1) and grey.test_x.shape == (6, 28, 28, 1) and grey.classes == 3
    assert colour.x.shape == (10, 32, 32, 3) and colour.test_x.shape == (4, 32, 32, 3)
    both = [picture.tobytes() for part in (grey.x, grey.test_x) for picture in part]
    assert len(set(both)) == 36  # none is in both parts
    assert len(set(grey.y[:5].tolist())) > 1  # they are mixed
    first = lab.given()["data"]["digest"]
    assert Lab(data=tmp_path).given() == lab.given()
    Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / "a" / "0.png")
    assert Lab(data=tmp_path).given()["data"]["digest"] != first  # another picture under the same name
    for kind in ("b", "c"):
        for path in (tmp_path / kind).iterdir():
            path.unlink()
        (tmp_path / kind).rmdir()
    with pytest.raises(Fault, match="one class alone"):
        Lab(data=tmp_path).digits()


# ---- the book in docs/


def test_the_book_in_docs_is_of_these_claims() -> None:
    folder = Path(book.__file__).parents[2] / "docs" / "claims"
    entries = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in book.claims()]
    for entry, claim in zip(entries, book.claims().values(), strict=True):
        assert book.listed(claim).items() <= entry.items()
        assert entry["given"]["seeds"] == [1, 2, 3] and not entry["given"]["quick"] and entry["given"]["data"] is None
        assert all((folder / picture["file"]).is_file() for picture in entry["pictures"])
    assert (folder / "book.md").read_text(encoding="utf-8") == markdown(entries)
    assert sum(entry["seconds"] for entry in entries) <= 3600
