"""Pages of HTML that need nothing but themselves: one style, pictures inside, every text from elsewhere escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent  # of page.html.jinja, which pages extend


def rendered(template: Path, **values: Any) -> str:
    """A page from a template and what it names. Letters that no file can hold (half a pair) become question marks."""
    loader = jinja2.FileSystemLoader([template.parent, FOLDER])
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "spread": spread, "duration": duration}
    return environment.get_template(template.name).render(**values).encode("utf-8", "replace").decode()


def embedded(image: bytes, kind: str) -> str:
    """The address of a picture that is part of the page. kind: `png`, `webp`."""
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def number(value: float) -> str:
    """Four digits of it."""
    return f"{value:.4g}"


def spread(entry: Mapping[str, Any]) -> str:
    """The interval of a metric; empty where it has none."""
    return "" if entry["low"] is None else f"{entry['low']:.4g} to {entry['high']:.4g}"


def duration(seconds: float) -> str:
    """A time as one says it, three digits and a unit: `2.5 h`."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    unit, length = next(((u, n) for u, n in (("s", 1), ("ms", 1e-3)) if seconds >= n), ("us", 1e-6))
    return f"{seconds / length:.3g} {unit}"
