"""Reads a page as a browser would, to hold it to what every page of ours promises."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ALONE = {"meta", "img", "br", "input"}  # elements without an end
ADDRESSES = ("src", "href", "srcset", "action", "data", "poster")


class Page(HTMLParser):
    """Elements with their attributes, and the text; raises AssertionError where elements are not nested."""

    def __init__(self, path: Path):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text())
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.text += " "
        self.elements.append((tag, dict(attrs)))
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.text += " "
        assert self.open and self.open.pop() == tag, f"{tag} ends what it did not begin"

    def handle_data(self, data):
        self.text += data if self.open[-1:] != ["style"] else ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def sound(path: Path) -> Page:
    """The page, which needs nothing but itself: pictures are in it and described, links lead to files beside it."""
    page = Page(path)
    assert page.all("meta")[1] == {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base"), tag
        assert not [name for name in attributes if name.startswith("on")], attributes
        for name in ADDRESSES:
            address = attributes.get(name) or ""
            assert "//" not in address.partition("base64,")[0], address
            assert tag == "img" or ":" not in address, address
    for image in page.all("img"):
        assert image["src"].startswith("data:image/") and image["alt"]
    for link in page.all("a"):
        target = link["href"]
        assert target.startswith("#") or (path.parent / unquote(target, errors="surrogateescape")).exists(), target
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {link["href"][1:] for link in page.all("a") if link["href"].startswith("#")} <= names
    assert "url(" not in path.read_text() and "@import" not in path.read_text()
    return page
