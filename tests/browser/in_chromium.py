"""The page in a real Chromium: `pytest tests/browser/in_chromium.py`, apart from the other tests.

It needs `pip install playwright` and Debian's chromium-headless-shell or chromium (CHROMIUM names another). With
SHOTS=FOLDER the pictures of all views are kept, light and dark, 1280 and 390 pixels wide.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
HERE = Path(__file__).parent

VIEWS = ("figure", "layers", "tables", "digits", "training")
WIDE, NARROW = (1280, 800), (390, 844)
expect.set_options(timeout=20_000)  # the first answer of a net starts a process

SMALL = """netspec 1

net Small(side = 5, gate = true) {
    input image: 1 x 28 x 28
    shared table t: 2 -> 3 {
        a . b
        . a b
    }
    c = image -> conv(2, side, stride: 4) -> relu
    卷積 = c -> conv(3, 3, table: t) -> relu
    output y = 卷積 -> dense(10) -> softmax
}
train {
    optimizer: adam(rate: 0.005)
    batch: 200
    epochs: 2
}
data {
    prepare: scale(1 / 255)
    classes: ["<img src=x onerror=alert(1)>", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
}
"""


NAMELESS = """() => [...document.querySelectorAll('button, input, select, [role=button], [tabindex]')]
    .filter(e => e.getClientRects().length && !e.closest('.cm-editor')
        && !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
    .map(e => e.outerHTML.slice(0, 80))"""


class Server:
    """`netspec play` of a spec; ``port`` 0 is any."""

    def __init__(self, spec: Path, *words: str) -> None:
        command = [sys.executable, "-m", "netspec", "play", str(spec), *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.origin = self.address.partition("/?")[0]

    def end(self) -> None:
        self.process.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program, "no Chromium is on this machine"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "small.net"


class Pages:
    """Opens the page of a spec; whatever it asks of another host or writes to the console is a fault."""

    def __init__(self, browser: Browser, spec: Path) -> None:
        self.browser, self.spec = browser, spec
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []
        self.servers: list[Server] = []

    def serve(self, text: str = SMALL, *words: str) -> Server:
        """A server of a text, from now on the one that is opened."""
        self.spec.write_text(text, encoding="utf-8")
        self.servers.append(Server(self.spec, *words))
        return self.servers[-1]

    def __call__(self, size: tuple[int, int] = WIDE, dark: bool = False, **how: Any) -> Page:
        """The page in a window of its own, which knows nothing of others."""
        server = self.servers[-1] if self.servers else self.serve()
        viewport: Any = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light", **how)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, server))
        page.goto(server.address)
        page.wait_for_selector("#drawing svg", state="attached")
        return page

    def _asked(self, address: str, server: Server) -> None:
        if not address.startswith((server.origin, "data:")):
            self.faults.append(address)


@pytest.fixture
def open_(browser: Browser, spec: Path) -> Iterator[Pages]:
    pages = Pages(browser, spec)
    yield pages
    for context in pages.contexts:
        context.close()
    for server in pages.servers:
        server.end()
    assert [fault for fault in pages.faults if "WebSocket" not in fault] == []


def text_of(page: Page) -> str:
    """The source as the server has it, or will in a moment."""
    lines = page.locator(".cm-line").all_text_contents()
    return "\n".join(line.replace("\u200b", "") for line in lines)


def show(page: Page, view: str) -> None:
    page.click(f"#tab-{view}")


def line(page: Page, number: int) -> Any:
    """A line of the source, from 1."""
    return page.locator(".cm-line").nth(number - 1)


def type_at(page: Page, number: int, text: str) -> None:
    """Type at the end of a line."""
    line(page, number).click()
    page.keyboard.press("End")
    page.keyboard.type(text)
    page.keyboard.press("Escape")


# ---- the text, the figure and the table


def test_the_address_loses_its_token_and_the_figure_follows_what_is_typed(open_: Pages) -> None:
    page = open_()
    assert "token" not in page.url
    assert page.evaluate("document.cookie") == ""  # no script can read it
    expect(page.locator("#net")).to_have_text("Small")
    type_at(page, 9, " -> maxpool(2)")
    expect(page.locator('[data-layer="c/maxpool"]')).to_be_attached()
    expect(page.locator("#state")).to_have_text("not saved")


def test_a_problem_stands_at_its_place_and_the_last_figure_stays_pale(open_: Pages) -> None:
    page = open_()
    type_at(page, 9, " -> rleu")
    expect(page.locator("#problem-count")).to_have_text("1 error")
    expect(page.locator(".cm-lintRange-error")).to_have_text("rleu")
    expect(page.locator("#problem-list")).to_contain_text("did you mean `relu`?")
    expect(page.locator("#drawing")).to_have_class(re.compile("stale"))
    expect(page.locator('[data-layer="c"]')).to_be_attached()
    page.click("#problem-list button")
    expect(line(page, 9)).to_have_class(re.compile("cm-activeLine"))


def test_a_layer_that_is_chosen_is_marked_everywhere(open_: Pages) -> None:
    page = open_()
    page.click('[data-layer="卷積"]')
    expect(page.locator(".cm-line.marked")).to_have_count(1)
    expect(page.locator(".cm-line.marked")).to_contain_text("卷積 = c")
    line(page, 11).click()
    expect(page.locator("[data-layer].marked")).to_have_count(1)
    expect(page.locator("[data-layer].marked")).to_have_attribute("data-layer", "y")
    expect(page.locator(".cm-line.marked")).to_have_count(0)
    show(page, "layers")
    expect(page.locator("#layer-rows tr.marked")).to_have_count(2)
    page.click("#layer-rows button:text-is('c/conv')")
    expect(page.locator(".cm-line.marked")).to_contain_text("c = image")


def test_parameters_have_sliders_and_are_kept_in_the_source_when_asked(open_: Pages, spec: Path) -> None:
    page = open_()
    page.locator("#parameter-side").focus()
    page.keyboard.press("ArrowLeft")
    show(page, "layers")
    expect(page.locator("#layer-rows tr", has_text="c/conv")).to_contain_text("2 × 7 × 7")  # (28 - 4) // 4 + 1
    assert "side = 5" in text_of(page)
    page.click("button[aria-label='write side into the source']")
    expect(line(page, 3)).to_contain_text("side = 4")
    expect(page.locator("#parameter-gate")).to_be_checked()
    assert spec.read_text(encoding="utf-8") == SMALL


def test_completion_and_help_come_from_the_language(open_: Pages) -> None:
    page = open_()
    line(page, 9).click()
    page.keyboard.press("End")
    page.keyboard.type(" -> maxp")
    expect(page.locator(".cm-tooltip-autocomplete li[aria-selected]")).to_contain_text("maxpool")
    page.wait_for_timeout(120)  # a list that has just come takes no key
    page.keyboard.press("Enter")
    expect(line(page, 9)).to_contain_text("relu -> maxpool")
    page.keyboard.press("Escape")
    line(page, 9).get_by_text("conv", exact=True).hover()
    expect(page.locator(".cm-tooltip .help")).to_contain_text("1 x 28 x 28 → 2 x 6 x 6")


# ---- tables


def test_a_click_on_a_table_is_written_into_the_source(open_: Pages) -> None:
    page = open_()
    show(page, "tables")
    cells = page.locator("[role=gridcell]")
    expect(cells).to_have_count(6)
    cells.nth(1).click()  # input 0, output 1: the brush is a
    expect(line(page, 6)).to_have_text("        a a b")
    cells.nth(1).click()
    expect(line(page, 6)).to_have_text("        a . b")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("c")
    expect(line(page, 7)).to_have_text("        . a c")
    expect(page.locator("#table-facts")).to_contain_text("4 connections, 3 weights")
    line(page, 1).click()
    page.keyboard.press("Control+z")
    expect(line(page, 7)).to_have_text("        . a b")


def test_a_generated_table_is_drawn_in_the_source_first(open_: Pages) -> None:
    open_.serve(re.sub(r"shared table t: 2 -> 3 \{.*?\}", "sparse table t: 2 -> 3 = full", SMALL, flags=re.S))
    page = open_()
    show(page, "tables")
    page.get_by_text("Draw it in the source").click()
    expect(line(page, 6)).to_have_text("        X X X")
    expect(page.locator("#table-grid table.made")).to_have_count(0)
    page.locator("[role=gridcell]").nth(5).click()
    expect(line(page, 7)).to_have_text("        X X .")
    expect(page.locator("#table-facts")).to_contain_text("5 connections")


def test_the_list_form_is_written_as_a_list(open_: Pages) -> None:
    listed = "sparse table t: 2 -> 3 {\n        0: 0\n        1: 1\n        2: 0 1\n    }"
    open_.serve(re.sub(r"shared table t: 2 -> 3 \{.*?\}", listed, SMALL, flags=re.S))
    page = open_()
    show(page, "tables")
    expect(page.locator(".cell.own")).to_have_count(4)
    page.locator("[role=gridcell]").nth(1).click()  # input 0, output 1
    expect(line(page, 7)).to_have_text("        1: 0 1")
    page.locator("[role=gridcell]").nth(5).click()  # input 1, output 2
    expect(line(page, 8)).to_have_text("        2: 0")


# ---- digits and training


def stroke(page: Page) -> None:
    box = page.locator("#board").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 110, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 190, steps=8)
    page.mouse.up()


def test_a_drawn_digit_is_answered_with_the_values_of_every_layer(open_: Pages) -> None:
    page = open_()
    show(page, "digits")
    stroke(page)
    expect(page.locator("#answer")).to_contain_text("untrained weights")
    expect(page.locator("#pictures figure")).to_have_count(7)
    expect(page.locator("#pictures figure").nth(3).locator("canvas")).to_have_count(3)
    expect(page.locator("#answer")).to_contain_text("<img src=x")  # a text, and no picture
    assert page.locator("img").count() == 0
    page.click("#clear")
    expect(page.locator("#pictures figure")).to_have_count(0)
    page.locator("#board").focus()
    for key in ("Space", *["ArrowDown"] * 8, "Space"):
        page.keyboard.press(key)
    expect(page.locator("#pictures figure")).to_have_count(7)


def test_a_finger_draws_and_does_not_scroll(open_: Pages) -> None:
    page = open_(NARROW, has_touch=True, is_mobile=True)
    show(page, "digits")
    box = page.locator("#board").bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    for kind, y in (("touchStart", 30), ("touchMove", 90), ("touchMove", 180), ("touchEnd", 180)):
        points = [] if kind == "touchEnd" else [{"x": box["x"] + 110, "y": box["y"] + y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(page.locator("#pictures figure")).to_have_count(7)
    after = page.locator("#board").bounding_box()
    assert after == box


def test_a_training_grows_its_curve_and_the_digit_is_answered_again(open_: Pages) -> None:
    page = open_()
    show(page, "digits")
    page.click("#samples button:text-is('1')")
    expect(page.locator("#answer")).to_contain_text("untrained")
    show(page, "training")
    page.fill("#epochs", "2")
    page.click("#train")
    expect(page.locator("#train")).to_have_text("Stop")
    expect(page.locator("#epoch-rows tr")).to_have_count(2, timeout=20_000)
    expect(page.locator("#training-state")).to_have_text("done")
    points = page.locator("#loss-chart polyline").first.get_attribute("points")
    assert points is not None and len(points.split()) >= 2  # one an epoch at least: a quick machine tells no more
    show(page, "digits")
    expect(page.locator("#answer")).to_contain_text("trained for 2 epochs")
    expect(page.locator(".verdict")).to_have_text("one")
    show(page, "training")
    page.fill("#epochs", "1000")
    page.click("#train")
    expect(page.locator("#training-state")).to_contain_text("step")
    page.click("#train")
    expect(page.locator("#training-state")).to_have_text("stopped")


# ---- nothing is lost


def test_a_reload_loses_nothing_not_even_the_last_key(open_: Pages, spec: Path) -> None:
    page = open_()
    type_at(page, 9, "  # mine")
    page.reload()
    expect(line(page, 9)).to_contain_text("# mine")
    expect(page.locator("#state")).to_have_text("not saved")
    expect(page.locator("#net")).to_have_text("Small")
    line(page, 1).click()
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_have_text("saved")
    assert "# mine" in spec.read_text(encoding="utf-8")


def test_a_server_that_ends_takes_nothing_with_it(open_: Pages) -> None:
    with socket.socket() as free:  # no other server of these tests looks there
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    open_.serve(SMALL, "--port", port)
    page = open_()
    open_.servers[0].end()
    expect(page.locator("#notice")).to_contain_text("does not answer")
    type_at(page, 9, "  # mine")
    page.wait_for_timeout(400)
    page.goto("about:blank")  # else this page, too, may still meet the new server, and give it the text
    again = open_.serve(SMALL, "--port", port)
    page.goto(again.address)
    expect(line(page, 9)).to_contain_text("# mine")
    expect(page.locator("#notice")).to_contain_text("is here again")
    page.get_by_text("Back to the file").click()
    expect(line(page, 9)).not_to_contain_text("# mine")


def test_what_another_program_wrote_is_asked_about(open_: Pages, spec: Path) -> None:
    page = open_()
    type_at(page, 9, "  # mine")
    spec.write_text(SMALL + "# theirs\n", encoding="utf-8")
    page.click("#save")
    expect(page.locator("#notice")).to_contain_text("changed by another program")
    assert spec.read_text(encoding="utf-8").endswith("# theirs\n")
    page.get_by_text("Save over it").click()
    expect(page.locator("#state")).to_have_text("saved")
    assert "# mine" in spec.read_text(encoding="utf-8")


def test_a_second_window_takes_over(open_: Pages) -> None:
    first = open_()
    second = open_()
    expect(first.locator("#notice")).to_contain_text("open in another window")
    type_at(second, 9, " -> tanh")
    expect(second.locator("#figure [data-layer=c]")).to_contain_text("tanh")
    first.get_by_text("Work here").click()
    expect(line(first, 9)).to_contain_text("tanh")


# ---- for everybody


def views(page: Page, size: tuple[int, int]) -> Iterator[str]:
    """Each view with something in it, and at last a text with an error; what it is called."""
    for view in (*VIEWS, *(["source"] if size == NARROW else [])):
        show(page, view)
        if view == "digits":
            page.click("#samples button:text-is('3')")
            page.wait_for_selector("#pictures canvas")
        yield view
    if size == WIDE:
        type_at(page, 9, " -> rleu")
        expect(page.locator("#problem-count")).to_have_text("1 error")
        yield "wrong"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_contrast_and_sizes_and_nothing_sticks_out(open_: Pages, size: tuple[int, int], dark: bool) -> None:
    script = (HERE / "contrast.js").read_text(encoding="utf-8")
    kept = os.environ.get("SHOTS")
    page = open_(size, dark)
    faults = []
    for view in views(page, size):
        page.wait_for_timeout(150)
        faults += [f"{view}: {fault}" for fault in page.evaluate(script)]
        if kept:
            page.screenshot(path=str(Path(kept) / f"{view}-{'dark' if dark else 'light'}-{size[0]}.png"))
    assert not faults, "\n".join(sorted(set(faults)))


def test_all_can_be_reached_and_done_with_the_keys_alone(open_: Pages, spec: Path) -> None:
    page = open_()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className?.baseVal || "
                "document.activeElement.getAttribute('data-layer') || document.activeElement.className"
            )
        )
    wanted = {
        "format",
        "download",
        "save",
        "tab-figure",
        "parameter-side",
        "parameter-gate",
        "farther",
        "fit",
        "closer",
    }
    assert wanted <= reached, wanted - reached
    assert any("cm-content" in name for name in reached)  # into the editor, and out of it again
    assert "image" in reached  # the first box
    page.locator("#tab-figure").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-tables")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.locator('[data-layer="image"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-line.marked")).to_contain_text("c = image")


def test_every_control_has_a_name(open_: Pages) -> None:
    page = open_()
    for view in VIEWS:
        show(page, view)
        nameless = page.evaluate(NAMELESS)
        assert nameless == []
