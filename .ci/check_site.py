"""`check_site.py FOLDER`: the links of a built site lead to places that are there; nothing is fetched from outside."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Where a tag names what a browser fetches by itself.
FETCHED = {
    "img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "object": "data", "embed": "src",
}  # fmt: skip
#: Relations of `link` that a browser does not fetch.
NAMED = {"canonical", "alternate", "next", "prev"}
OUTSIDE = re.compile(r"(https?:)?//")


class Page(HTMLParser):
    """What a page has places for, links to, and fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = {""}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what the attributes name."""
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and not NAMED & set(given.get("rel", "").split()):
            self.fetched.append(given.get("href", ""))
        if tag in FETCHED and FETCHED[tag] in given:
            self.fetched.append(given[FETCHED[tag]])
        if "style" in given:
            self.fetched += _named_by(given["style"])

    def handle_data(self, data: str) -> None:
        """A style may fetch, too."""
        if self.cdata_elem == "style":
            self.fetched += _named_by(data)


def _named_by(style: str) -> list[str]:
    return re.findall(r"(?:url\(|@import\s+)['\"]?([^'\")]+)", style)


def faults(site: Path) -> list[str]:
    """All that is wrong, a line each."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site)
        found += [f"{name} fetches {url}" for url in page.fetched if OUTSIDE.match(url)]
        for link in {*page.links, *(url for url in page.fetched if not OUTSIDE.match(url))}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or name.name == "404.html":  # that page is shown for any address
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                found.append(f"{name} leads to {link}, which is not there")
            elif target in pages and unquote(parts.fragment) not in pages[target].places:
                found.append(f"{name} leads to {link}, and the page has no such place")
    for path in sorted(site.rglob("*.css")):
        urls = _named_by(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(site)} fetches {url}" for url in urls if OUTSIDE.match(url)]
    return found if pages else [f"{site} has no page"]


if __name__ == "__main__":
    told = faults(Path(sys.argv[1]).resolve())
    print("\n".join(told) or "every link leads to a place that is there, and nothing is fetched from outside")
    sys.exit(bool(told))
