"""What is run, with which options, against whom."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, replace

from .processes import Candidate

FLOOR = "floor"
SERVER = "switchboard"
DEFAULT_LOOPS = "switchboard, default loops"


@dataclass(frozen=True)
class Plan:
    """How long and how often. Everything is bounded."""

    rounds: int
    dropped: int
    warmup: float
    seconds: float
    idle_rooms: int
    hold: float


FULL = Plan(rounds=6, dropped=1, warmup=1, seconds=4, idle_rooms=5000, hold=3)
QUICK = Plan(rounds=2, dropped=0, warmup=0.5, seconds=1, idle_rooms=500, hold=1)


@dataclass(frozen=True)
class Scenario:
    """One load, run against each of its candidates in turn."""

    name: str
    tool: str
    arguments: tuple[str, ...]
    candidates: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    # Whether server and generator share all cores instead of having one each.
    shares_cores: bool = False

    def fitted(self, candidate: Candidate) -> Candidate:
        cores = () if self.shares_cores else candidate.server_cores
        return replace(candidate, settings=dict(self.settings), server_cores=cores)


def scenarios(plan: Plan, candidates: list[str]) -> list[Scenario]:
    """All scenarios, for the candidates that take part."""
    timed = ("--warmup", str(plan.warmup), "--duration", str(plan.seconds))
    single = tuple(name for name in candidates if name != DEFAULT_LOOPS)
    everyone = tuple(candidates)

    def load(name: str, takers: tuple[str, ...], *arguments: str) -> Scenario:
        return Scenario(name, "signaling-load", ("--path", "/", *arguments), takers)

    return [
        load("window-1", everyone, "--mode", "window", "--rooms", "100", "--window", "1", *timed),
        load("window-16", everyone, "--mode", "window", "--rooms", "100", "--window", "16", *timed),
        load("session", everyone, "--mode", "session", "--conc", "32", *timed),
        load(
            "idle", single, "--mode", "idle", "--rooms", str(plan.idle_rooms), "--touch", "1", "--verify", "1",
            "--src-ips", "16", "--hold", str(plan.hold),
        ),
        load("latency", single, "--mode", "rate", "--rate", "5000", "--rooms", "1000", *timed),
        Scenario(
            "pairing", "pairing-load", ("--clients", "32", *timed), (DEFAULT_LOOPS,),
            settings=(("USE_SQLITE", "1"),), shares_cores=True,
        ),
    ]


def descriptors_needed(plan: Plan) -> int:
    """What one process of the largest scenario opens."""
    return max(plan.idle_rooms * 2, 2000) + 200


def all_candidates(server: pathlib.Path, floor: pathlib.Path, event_loops: int, cores: list[int]) -> list[Candidate]:
    """The floor, the server with as many loops as asked, and the server as it runs by default."""
    first = tuple(cores[:1])
    pinned = first if event_loops == 1 else tuple(cores)
    return [
        Candidate(FLOOR, floor, None, first),
        Candidate(SERVER, server, event_loops, pinned),
        Candidate(DEFAULT_LOOPS, server, 0, tuple(cores)),
    ]
