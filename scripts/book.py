#!/usr/bin/env python3
"""What mdBook does not do: lays the pages out for it, and looks at the links of what it has made.

`lay STAGE` copies the pages, and whatever file of the repository they link to, into STAGE/src as they lie in the
repository, so that the same links work here and there. A README becomes the index of its folder.
`check HTML` fails unless every link in the pages leads to a file and, behind a #, to a place in it.
"""

import html.parser
import pathlib
import re
import shutil
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
ELSEWHERE = re.compile(r"[a-z]+:|//")


def listed() -> list[pathlib.Path]:
    """The pages of the book, as docs/SUMMARY.md has them, relative to the root."""
    links = [link for _, link, _ in LINK.findall((ROOT / "docs/SUMMARY.md").read_text())]
    return [(ROOT / "docs" / link).resolve().relative_to(ROOT) for link in links]


def as_index(link: str) -> str:
    """The link, or to the index of a folder in place of its README."""
    return re.sub(r"(^|/)README\.md(?=#|$)", r"\1index.md", link)


def without_code(text: str) -> str:
    """The text without fenced blocks, whose brackets are no links."""
    return "".join(text.split("```")[::2])


def lay(stage: pathlib.Path) -> None:
    """Fills a new stage."""
    shutil.rmtree(stage, ignore_errors=True)
    source = stage / "src"
    source.mkdir(parents=True)
    shutil.copy(ROOT / "docs/book.toml", stage)
    pages = listed()
    for page in pages:
        text = (ROOT / page).read_text()
        for _, link, _ in LINK.findall(without_code(text)):
            path = link.split("#")[0]
            target = (ROOT / page.parent / path).resolve()
            if path and not ELSEWHERE.match(link) and target.relative_to(ROOT) not in pages and target.is_file():
                copy = source / target.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(target, copy)
        parts = text.split("```")
        parts[::2] = [LINK.sub(lambda link: link[1] + as_index(link[2]) + link[3], part) for part in parts[::2]]
        place = source / as_index(str(page))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("```".join(parts))
    summary = (ROOT / "docs/SUMMARY.md").read_text()
    places = iter(pages)
    (source / "SUMMARY.md").write_text(LINK.sub(lambda link: f"]({as_index(str(next(places)))})", summary))


class Page(html.parser.HTMLParser):
    """The links and the places of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects what the tag links to, and the name that it bears."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and name == "id":
                self.places.add(value)


def check(book: pathlib.Path) -> None:
    """Fails with all links that lead nowhere."""
    book = book.resolve()
    pages = {file: Page(file.read_text()) for file in book.rglob("*.html")}
    # They are no pages: all others in one, and what an unknown address gets.
    pages = {file: page for file, page in pages.items() if file.name not in ("print.html", "404.html", "toc.html")}
    dead = []
    for file, page in pages.items():
        for link in page.links:
            if ELSEWHERE.match(link):
                continue
            path, _, place = urllib.parse.unquote(link).partition("#")
            target = (file.parent / path).resolve() if path else file
            there = target in pages or target.is_file()
            if not there or (place and target in pages and place not in pages[target].places):
                dead.append(f"{file.relative_to(book)}: {link}")
    if dead or not pages:
        sys.exit("docs: these links lead nowhere:\n" + "\n".join(sorted(set(dead))))
    print(f"docs: {len(pages)} pages, {sum(len(page.links) for page in pages.values())} links")


if __name__ == "__main__":
    action, folder = sys.argv[1:]
    {"lay": lay, "check": check}[action](pathlib.Path(folder))
