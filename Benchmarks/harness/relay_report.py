"""The relay's figures: medians, ratios, verdicts, and their table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .relay_loads import COTURN, CPU_PER_ALLOCATION, FLOOR, SERVER, RelayLoad
from .report import number

# Other processes that take more of a core than this disturb a run.
DISTURBING_SHARE = 0.1

Key = tuple[str, int]
"""A load's name and the number of loops."""

RelayResults = dict[Key, dict[str, list[dict]]]
"""For each candidate, the results of the rounds that count."""

COLUMNS = ("load", "loops", "coturn", "switchboard", "floor", "ratio", "target", "loss %", "p50/p99 ms", "coturn's", "")
WIDTHS = (30, 5, 12, 12, 6, 6, 6, 11, 12, 12, 0)


def median(runs: Sequence[dict], *path: str) -> float:
    def read(run: dict) -> float:
        value = run
        for name in path:
            value = value[name]
        return float(value)  # type: ignore[arg-type]

    return statistics.median(read(run) for run in runs)


@dataclass(frozen=True)
class RelayRow:
    """One load's outcome, with what was asked of it and did not hold."""

    load: RelayLoad
    loops: int
    costs: dict[str, float]
    spreads: dict[str, tuple[float, float]]
    loss: dict[str, float]
    latency_ms: dict[str, tuple[float, float]]
    bytes_per_allocation: dict[str, float]

    @property
    def ratio(self) -> float:
        return self.costs[COTURN] / self.costs[SERVER]

    @property
    def missed(self) -> list[str]:
        missed = []
        if self.ratio < self.load.ratio:
            missed.append("ratio")
        if self.load.p99_limit_ms is not None and self.latency_ms[SERVER][1] >= self.load.p99_limit_ms:
            missed.append("p99")
        if self.loss and self.loss[SERVER] > 0 and not self.load.allows_loss:
            missed.append("loss")
        limit = self.load.memory_limit_bytes
        if limit is not None and self.bytes_per_allocation[SERVER] > limit:
            missed.append("memory")
        return missed


def row_of(load: RelayLoad, loops: int, measured: dict[str, list[dict]]) -> RelayRow:
    relays = load.measure != CPU_PER_ALLOCATION
    return RelayRow(
        load,
        loops,
        costs={name: median(runs, load.measure) for name, runs in measured.items()},
        spreads={name: spread(run[load.measure] for run in runs) for name, runs in measured.items()},
        # The worst round: a server that loses now and then loses.
        loss={name: max(run["loss_percent"] for run in runs) for name, runs in measured.items()} if relays else {},
        latency_ms={
            name: (median(runs, "latency_us", "p50") / 1e3, median(runs, "latency_us", "p99") / 1e3)
            for name, runs in measured.items()
        } if relays else {},
        bytes_per_allocation={name: median(runs, "bytes_per_allocation") for name, runs in measured.items()},
    )


def spread(values: Sequence[float]) -> tuple[float, float]:
    listed = list(values)
    return min(listed), max(listed)


def relay_rows(loads: Sequence[RelayLoad], results: RelayResults) -> list[RelayRow]:
    by_name = {load.name: load for load in loads}
    return [row_of(by_name[name], loops, measured) for (name, loops), measured in results.items()]


def relay_complaints(loads: Sequence[RelayLoad], results: RelayResults) -> list[str]:
    """What makes a run worthless, or doubtful."""
    rates = {load.name: load.rate for load in loads}
    complaints = []
    for (name, loops), candidates in results.items():
        for candidate, runs in candidates.items():
            where = f"{name}, {loops} loops, {candidate}"
            for run in runs:
                if run["errors"]:
                    complaints.append(f"{where}: {run['errors']} errors, first: {run['first_error']}")
                if run.get("reordered"):
                    complaints.append(f"{where}: {run['reordered']} packets out of order")
                if rates[name] and run["offered_per_s"] < 0.97 * rates[name]:
                    complaints.append(f"{where}: only {run['offered_per_s']:,.0f} packets/s offered")
    return complaints


def relay_doubts(results: RelayResults) -> str:
    """What makes figures doubtful without making them wrong."""
    shares = [run["strangers_share"] for candidates in results.values() for runs in candidates.values() for run in runs]
    disturbed = sum(share >= DISTURBING_SHARE for share in shares)
    if not disturbed:
        return ""
    return f"DOUBTFUL: other processes were busy during {disturbed} of {len(shares)} runs, however often repeated"


def cells_of(row: RelayRow) -> list[str]:
    def both(values: dict[str, float]) -> str:
        return "/".join(f"{values[name]:.2g}" for name in (COTURN, SERVER))

    def latency(name: str) -> str:
        return f"{row.latency_ms[name][0]:.2f}/{row.latency_ms[name][1]:.2f}" if row.load.rate else "-"

    missed = row.missed
    return [
        row.load.title, str(row.loops), number(row.costs[COTURN]), number(row.costs[SERVER]),
        number(row.costs.get(FLOOR)), f"{row.ratio:.2f}", f">={row.load.ratio:g}",
        both(row.loss) if row.loss else "-", latency(SERVER), latency(COTURN),
        "MISSED " + ", ".join(missed) if missed else "met",
    ]


def memory_line(row: RelayRow) -> str:
    values = ", ".join(f"{name} {row.bytes_per_allocation[name]:,.0f}" for name in row.costs)
    return f"    bytes of memory for each: {values}; at most {row.load.memory_limit_bytes:,}"


def relay_line(cells: Sequence[str]) -> str:
    text = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, WIDTHS))]
    return "  ".join(text).rstrip()


def relay_table(rows: Sequence[RelayRow]) -> str:
    lines = [relay_line(COLUMNS), relay_line(["-" * width for width in WIDTHS])]
    for row in rows:
        lines.append(relay_line(cells_of(row)))
        if row.load.memory_limit_bytes is not None:
            lines.append(memory_line(row))
    return "\n".join(lines)


def relay_document(rows: Sequence[RelayRow], results: RelayResults) -> dict:
    return {
        "figures": [
            {
                "load": row.load.name,
                "loops": row.loops,
                "costs": row.costs,
                "spreads": row.spreads,
                "ratio": row.ratio,
                "target": row.load.ratio,
                "loss_percent": row.loss,
                "latency_ms": row.latency_ms,
                "bytes_per_allocation": row.bytes_per_allocation,
                "missed": row.missed,
            }
            for row in rows
        ],
        "runs": {f"{name}, {loops} loops": measured for (name, loops), measured in results.items()},
    }
