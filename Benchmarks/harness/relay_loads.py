"""What the relays are loaded with, and what has to hold."""

from __future__ import annotations

from dataclasses import dataclass

COTURN = "coturn"
SERVER = "switchboard"
FLOOR = "floor"

CPU_PER_PACKET = "server_cpu_us_per_packet"
CPU_PER_ALLOCATION = "server_cpu_us_per_allocation"


@dataclass(frozen=True)
class RelayPlan:
    """How long and how often. Short runs in close alternation: a machine that changes its pace changes it for all."""

    rounds: int
    dropped: int
    warmup: float
    seconds: float
    allocations: int


FULL = RelayPlan(rounds=6, dropped=1, warmup=0.5, seconds=2, allocations=5000)
QUICK = RelayPlan(rounds=1, dropped=0, warmup=0.3, seconds=0.7, allocations=1000)


@dataclass(frozen=True)
class RelayLoad:
    """One load, run against coturn and the server in turn, beside the floor where that can carry it."""

    name: str
    title: str
    arguments: tuple[str, ...]
    # The least that coturn has to need for each unit of ours.
    ratio: float
    measure: str = CPU_PER_PACKET
    transport: str = "udp"
    has_floor: bool = False
    floor_arguments: tuple[str, ...] = ()
    # Packets a second that the load promises; 0: as many as go.
    rate: int = 0
    p99_limit_ms: float | None = None
    allows_loss: bool = False
    memory_limit_bytes: int | None = None

    @property
    def candidates(self) -> tuple[str, ...]:
        return (COTURN, SERVER, FLOOR) if self.has_floor else (COTURN, SERVER)


def relay_loads(plan: RelayPlan) -> list[RelayLoad]:
    timed = ("--warmup", str(plan.warmup), "--duration", str(plan.seconds))
    saturated = ("--mode", "window", "--window", "256", *timed)
    video = ("--mode", "window", "--window", "512", "--burst", "8", "--size", "1200", *timed)

    # As long as the server's own by default.
    hold = ("--hold", "250")

    def rate(packets: int, sessions: int) -> tuple[str, ...]:
        return ("--mode", "rate", "--rate", str(packets), "--sessions", str(sessions), *timed)

    return [
        RelayLoad("relay-channel", "ChannelData, 200 bytes", saturated, 1.3, has_floor=True),
        RelayLoad("relay-send", "Send and Data, 200 bytes", (*saturated, "--method", "send"), 1.2, has_floor=True),
        RelayLoad("relay-rate", "20,000/s, 64 sessions", rate(20_000, 64), 1.5, has_floor=True,
                  floor_arguments=hold, rate=20_000, p99_limit_ms=1),
        RelayLoad("relay-many", "30,000/s, 1,000 sessions", rate(30_000, 1000), 1.5, has_floor=True,
                  floor_arguments=hold, rate=30_000, p99_limit_ms=1),
        RelayLoad("relay-video", "bursts of 8, 1,200 bytes", video, 1.8, has_floor=True),
        RelayLoad("relay-offload", "the same, offload at the ends", (*video, "--tx-gso", "--rx-gro"), 5,
                  has_floor=True),
        RelayLoad("relay-pairs", "both ends relayed here", (*saturated, "--pairs"), 2),
        RelayLoad("relay-tcp", "TCP clients, 200 bytes", saturated, 1.2, transport="tcp"),
        RelayLoad("relay-tls", "TLS clients, 200 bytes", saturated, 1.2, transport="tls"),
        RelayLoad("relay-keyframes", "bursts of 64 to TCP clients",
                  ("--mode", "rate", "--rate", "20000", "--burst", "64", "--size", "1200", "--direction", "p2c",
                   *timed), 1.2, transport="tcp", rate=20_000),
        RelayLoad("relay-setup", "set up an allocation",
                  ("--mode", "setup", "--sessions", str(plan.allocations), "--hold", "0"), 2,
                  measure=CPU_PER_ALLOCATION, has_floor=True, memory_limit_bytes=8192),
    ]
