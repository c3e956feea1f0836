"""Runs the signaling and pairing scenarios, round by round."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import sys
from collections.abc import Iterator

from . import machine
from .commit_reference import pairings_per_second
from .figures import Results
from .processes import BenchmarkError, Candidate, run_tool, running
from .scenarios import Plan, Scenario

SCHEMA = machine.ROOT / "scripts/init-db.sql"
# A run may take so much longer than its measuring time: opening, closing, waiting for the last answers.
SLACK_SECONDS = 180


@contextlib.contextmanager
def empty_directory(directory: pathlib.Path) -> Iterator[pathlib.Path]:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def measure(
    scenario: Scenario, candidate: Candidate, plan: Plan, cores: list[int], tools: pathlib.Path, data: pathlib.Path
) -> dict:
    generator_cores = [] if scenario.shares_cores else cores[-1:]
    with empty_directory(data) as directory, running(scenario.fitted(candidate), directory) as server:
        command = [str(tools / scenario.tool), "--port", str(server.port), "--pid", str(server.pid)]
        result = run_tool([*command, *scenario.arguments], generator_cores, plan.seconds + plan.hold + SLACK_SECONDS)
    if result.get("touched", result.get("connections")) != result.get("connections"):
        raise BenchmarkError("not every idle connection has sent and received its message")
    return result


def reference_of_pairing(plan: Plan, data: pathlib.Path) -> dict:
    with empty_directory(data) as directory:
        return {"pairings_per_s": pairings_per_second(directory, SCHEMA.read_text(), plan.seconds), "errors": 0}


def run_rounds(
    chosen: list[Scenario], candidates: dict[str, Candidate], plan: Plan, cores: list[int], tools: pathlib.Path,
    data: pathlib.Path,
) -> Results:
    """All rounds, the candidates of each scenario in alternation; the results of the rounds that count."""
    results: Results = {}
    for index in range(plan.rounds):
        for scenario in chosen:
            names = scenario.candidates if index % 2 == 0 else scenario.candidates[::-1]
            outcome = {name: measure(scenario, candidates[name], plan, cores, tools, data) for name in names}
            if scenario.name == "pairing":
                outcome["one SQLite caller"] = reference_of_pairing(plan, data)
            if index >= plan.dropped:
                for name, result in outcome.items():
                    results.setdefault(scenario.name, {}).setdefault(name, []).append(result)
        print(f"round {index + 1} of {plan.rounds} done", file=sys.stderr)
    return results


def complaints_about(results: Results) -> list[str]:
    """What makes a run worthless, or doubtful."""
    complaints = []
    for scenario, candidates in results.items():
        for name, runs in candidates.items():
            for run in runs:
                if run["errors"]:
                    complaints.append(f"{scenario}, {name}: {run['errors']} errors, first: {run['first_error']}")
    return complaints
