"""Runs the relay loads, round by round."""

from __future__ import annotations

import pathlib
import sys
from dataclasses import dataclass

from . import machine
from .processes import run_tool
from .relay_loads import FLOOR, RelayLoad, RelayPlan
from .relay_report import DISTURBING_SHARE, RelayResults
from .relay_servers import PASSWORD, USER, RelayPrograms, make_certificate, running_relay
from .signaling_runs import empty_directory

# A run may take so much longer than its measuring time: setting up, waiting for the last packets, ending.
SLACK_SECONDS = 90
# A run that other processes disturbed is done again, so often at most.
MAX_ATTEMPTS = 4


@dataclass(frozen=True)
class Placement:
    """Where a relay with some loops and the generator run.

    Each loop gets a core of its own and the generator the last one. When there are too few for that, loops and
    generator share it, and the generator sleeps until something is due instead of asking all the time.
    """

    relay: list[int]
    generator: list[int]

    @property
    def is_shared(self) -> bool:
        return bool(set(self.relay) & set(self.generator))

    @classmethod
    def of(cls, loops: int, cores: list[int]) -> Placement:
        return cls(cores[:loops], cores[-1:])


def measure_relay(
    load: RelayLoad, candidate: str, loops: int, programs: RelayPrograms, plan: RelayPlan, cores: list[int],
    generator: pathlib.Path, data: pathlib.Path,
) -> dict:
    placement = Placement.of(loops, cores)
    with empty_directory(data) as directory:
        make_certificate(directory)
        with running_relay(candidate, programs, loops, placement.relay, directory, load.floor_arguments) as relay:
            command = [
                str(generator), "--port", str(relay.port_for(load.transport)), "--pid", str(relay.pid),
                "--transport", load.transport, "--user", USER, "--password", PASSWORD, *load.arguments,
            ]
            if candidate == FLOOR:
                command.append("--unsigned")
            if placement.is_shared:
                command.append("--sleep")
            return run_tool(command, placement.generator, plan.warmup + plan.seconds + SLACK_SECONDS)


def measure_undisturbed(load: RelayLoad, candidate: str, *arguments: object) -> dict:
    """Measures again when something else was busy meanwhile. The result says what share of a core that had."""
    for _ in range(MAX_ATTEMPTS):
        strangers = machine.Strangers()
        result = measure_relay(load, candidate, *arguments)  # type: ignore[arg-type]
        result["strangers_share"] = strangers.share
        if result["strangers_share"] < DISTURBING_SHARE:
            break
    return result


def run_relay_rounds(
    chosen: list[RelayLoad], loop_counts: list[int], programs: RelayPrograms, plan: RelayPlan, cores: list[int],
    generator: pathlib.Path, data: pathlib.Path,
) -> RelayResults:
    """All rounds, the relays of each load in alternation; the results of the rounds that count."""
    results: RelayResults = {}
    for index in range(plan.rounds):
        for loops in loop_counts:
            for load in chosen:
                names = load.candidates if index % 2 == 0 else load.candidates[::-1]
                for name in names:
                    result = measure_undisturbed(load, name, loops, programs, plan, cores, generator, data)
                    if index >= plan.dropped:
                        results.setdefault((load.name, loops), {}).setdefault(name, []).append(result)
        print(f"relay round {index + 1} of {plan.rounds} done", file=sys.stderr)
    return results
