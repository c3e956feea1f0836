"""What axe-core has against a page."""

from __future__ import annotations

import functools
import importlib.util
import pathlib
from typing import Any

from support.chromium import Chromium

GRAVE = ("serious", "critical")


@functools.cache
def _axe() -> str:
    """The script, which a package carries for a driver other than ours; of that nothing is used."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec and spec.submodule_search_locations, "install Tests/EndToEnd/requirements.txt"
    return (pathlib.Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text()


def grave_findings(page: Chromium) -> list[str]:
    """The serious and critical ones, each with its first places."""
    if not page.run("return typeof window.axe === 'object'"):
        page.run(_axe())
    found: list[dict[str, Any]] = page.run(
        "return axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)"
    )
    return [_described(rule) for rule in found if rule["impact"] in GRAVE]


def _described(rule: dict[str, Any]) -> str:
    places = [f"{node['html']} {node['failureSummary']}" for node in rule["nodes"][:3]]
    return f"{rule['id']} ({rule['impact']}): {places}"
