"""The figures: which measurement each comes from, its reference, its target."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from .scenarios import DEFAULT_LOOPS, FLOOR, SERVER

Results = dict[str, dict[str, list[dict]]]
"""Scenario, candidate, and the results of its rounds that count."""


@dataclass(frozen=True)
class Figure:
    """One row of the report."""

    title: str
    unit: str
    scenario: str
    measure: Callable[[dict], float]
    # For comparison in the same run; None when the row has no live reference.
    reference: str | None
    candidate: str = SERVER
    # What must hold, as a limit on the multiple of the reference or on the value itself.
    target: float | None = None
    target_is_multiple: bool = False
    more_is_better: bool = False
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A figure with its values."""

    figure: Figure
    value: float
    lowest: float
    highest: float
    reference: float | None
    multiple: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        if self.figure.target is None:
            return None
        compared = self.multiple if self.figure.target_is_multiple else self.value
        if compared is None:
            return False
        return compared >= self.figure.target if self.figure.more_is_better else compared <= self.figure.target


def field(*path: str, scale: float = 1) -> Callable[[dict], float]:
    def read(result: dict) -> float:
        value = result
        for name in path:
            value = value[name]
        return float(value) * scale  # type: ignore[arg-type]

    return read


CPU = field("server_cpu_s_per_million")
SESSION = field("server_cpu_ms_per_session")

FIGURES = [
    Figure("forwarding, 1 in flight", "CPU s/million", "window-1", CPU, FLOOR, target=2.1, target_is_multiple=True,
           note="a prototype without limits and timers 1.9 x, the original 10 x"),
    Figure("forwarding, 16 in flight", "CPU s/million", "window-16", CPU, FLOOR, target=1.6, target_is_multiple=True,
           note="that prototype 1.0 x, the original 57 x"),
    Figure("whole session, 18 messages", "CPU ms", "session", SESSION, FLOOR, target=2.3, target_is_multiple=True,
           note="that prototype 2.0 x, the original 13 x"),
    Figure("idle connection that spoke", "bytes", "idle", field("bytes_per_connection"), FLOOR, target=8192,
           note="that prototype 7,000, Node's ws 14,400, Go 47,400"),
    Figure("open and join one", "CPU µs", "idle", field("server_cpu_us_per_open"), FLOOR, target=200,
           note="that prototype 155, the original 415"),
    Figure("1,000 idle for a second", "CPU ms", "idle",
           lambda r: r["held_server_cpu_seconds"] / r["held_seconds"] / r["connections"] * 1e6, FLOOR),
    Figure("latency p50, 5,000 messages/s", "ms", "latency", field("latency_us", "p50", scale=1e-3), FLOOR),
    Figure("latency p99, 5,000 messages/s", "ms", "latency", field("latency_us", "p99", scale=1e-3), FLOOR, target=5),
    Figure("durable pairings, 32 clients", "per second", "pairing", field("pairings_per_s"), "one SQLite caller",
           candidate=DEFAULT_LOOPS, target=1500, more_is_better=True,
           note="the original 154 to 234 durable creates/s, with errors"),
    Figure("pairing p99, 32 clients", "ms", "pairing", field("latency_us", "p99", scale=1e-3), None,
           candidate=DEFAULT_LOOPS),
    Figure("a pairing's CPU, 32 clients", "CPU ms", "pairing", field("server_cpu_ms_per_pairing"), None,
           candidate=DEFAULT_LOOPS),
    Figure("forwarding, 1, default loops", "CPU s/million", "window-1", CPU, FLOOR, candidate=DEFAULT_LOOPS),
    Figure("forwarding, 16, default loops", "CPU s/million", "window-16", CPU, FLOOR, candidate=DEFAULT_LOOPS),
    Figure("whole session, default loops", "CPU ms", "session", SESSION, FLOOR, candidate=DEFAULT_LOOPS),
]


def rows(results: Results) -> list[Row]:
    """The figures whose measurements are there, as medians over the rounds."""
    return [row for figure in FIGURES if (row := row_of(figure, results))]


def row_of(figure: Figure, results: Results) -> Row | None:
    measured = results.get(figure.scenario, {})
    if figure.candidate not in measured:
        return None
    values = [figure.measure(result) for result in measured[figure.candidate]]
    value = statistics.median(values)
    reference = None
    if figure.reference in measured:
        reference = statistics.median(figure.measure(result) for result in measured[figure.reference])
    multiple = value / reference if reference else None
    return Row(figure, value, min(values), max(values), reference, multiple)
