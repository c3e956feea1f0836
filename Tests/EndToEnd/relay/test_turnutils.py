"""coturn's own test clients against the relay: every mode that has to work, and what must not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from support.certificates import Certificate
from support.deployment import Deployment, deployment, relays
from support.turnservers import STATIC_USER
from support.turnutils import Run, echo_peer, stunclient, uclient

AT_ONCE = 24
"""A run spends most of its time on waiting before it starts and after it ends."""

LIMIT = 60.0
NEGATIVE_LIMIT = 20.0
MESSAGES = ("-n", "5")
# A client over TLS loses what arrives in one read with something else; slow ones have no such neighbours.
TLS = "-t -S -z 100"

TRANSPORTS = ("", "-t", TLS)

# With each other: four allocations in pairs of ports, or with -c two.
PAIRED = [
    *("", "-c", "-s", "-c -s", "-D", "-D -s", "-l 1400", "-s -l 1400", "-m 10", "-x", "-x -c", "-x -s"),
    *("-X", "-Z", "-Z -s", "-Z -x", "-G", "-G -s", "-B", "-B -c", "-g", "-g -s"),
]
# With a peer that echoes.
ECHOED = [
    *(f"127.0.0.1 {mode}" for mode in ("", "-c", "-s", "-c -s", "-l 1400", "-m 10", "-D", "-X", "-Z", "-G")),
    *("127.0.0.1 -B", "127.0.0.1 -g", "::1 -x", "::1 -x -s", "::1 -Z"),
]
LOSSLESS = [f"{transport} -y {mode}".strip() for transport in TRANSPORTS for mode in PAIRED]
LOSSLESS += [f"{transport} -e {mode}".strip() for transport in TRANSPORTS for mode in ECHOED]
# Send indications to a peer without a permission; a channel would bring one.
FORBIDDEN = ["-I -s -y", "-I -s -c -y", "-I -s -e 127.0.0.1", "-t -I -s -e 127.0.0.1", f"{TLS} -I -s -c -y"]
# These stop at the first correct refusal, or never end by themselves.
NEGATIVE = [
    *("-N -y", "-N -e 127.0.0.1", "-N -s -e 127.0.0.1", "-t -N -e 127.0.0.1"),
    *("-R -y", "-R -e 127.0.0.1", "-t -R -e 127.0.0.1", f"{TLS} -R -y"),
    *("-O -m 4 -e 127.0.0.1", "-O -m 4 -c -y", "-t -O -m 4 -e 127.0.0.1"),
]


@pytest.fixture(scope="module", params=relays("embedded"))
def relay(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Deployment]:
    with deployment(request.param, tmp_path_factory.mktemp("relay"), certificate) as running:
        yield running


@pytest.fixture(scope="module")
def peer_port() -> Iterator[int]:
    with echo_peer() as port:
        yield port


class Runs:
    """Runs of uclient, several at a time, which begin before the first of them is asked for."""

    def __init__(self, relay: Deployment, peer_port: int, pool: ThreadPoolExecutor) -> None:
        self._relay, self._peer_port, self._pool = relay, peer_port, pool
        self._runs: dict[str, Future[tuple[Run, ...]]] = {}

    def begin(self, mode: str) -> None:
        run = self._negative if mode in NEGATIVE else self._plain
        self._runs[mode] = self._pool.submit(run, mode)

    def _plain(self, mode: str, limit: float = LIMIT) -> tuple[Run, ...]:
        arguments = [*mode.split(), *MESSAGES, "-r", str(self._peer_port)]
        return (uclient(self._relay.conf, *arguments, limit=limit),)

    def _negative(self, mode: str) -> tuple[Run, ...]:
        """With a well-behaved run after it."""
        return self._plain(mode, NEGATIVE_LIMIT) + self._plain("-e 127.0.0.1 -c")

    def __getitem__(self, mode: str) -> tuple[Run, ...]:
        return self._runs[mode].result()


@pytest.fixture(scope="module")
def runs(relay: Deployment, peer_port: int, request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Every mode that a selected test will ask for is on its way."""
    wanted = [item.callspec.params.get("mode") for item in request.session.items if hasattr(item, "callspec")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = Runs(relay, peer_port, pool)
        for mode in [*FORBIDDEN, *NEGATIVE, *LOSSLESS]:  # the slowest first
            if mode in wanted:
                runs.begin(mode)
        yield runs
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mode", LOSSLESS)
def test_everything_arrives(runs: Runs, mode: str) -> None:
    (run,) = runs[mode]
    assert (run.code, run.lost) == (0, 0), run.output
    assert run.sent == run.received >= 5, run.output


@pytest.mark.parametrize("mode", FORBIDDEN)
def test_nothing_arrives_without_a_permission(runs: Runs, mode: str) -> None:
    (run,) = runs[mode]
    assert run.code == 0 and run.sent > 0, run.output
    assert (run.received, run.lost) == (0, run.sent), run.output


@pytest.mark.parametrize("mode", NEGATIVE)
def test_bad_manners_leave_the_server_well(runs: Runs, relay: Deployment, mode: str) -> None:
    bad, good = runs[mode]
    assert bad.code in (0, 255, None), bad.output
    assert (good.code, good.lost, good.received) == (0, 0, 5), good.output


@pytest.mark.parametrize("transport", ["", "-t", "-t -S"])
@pytest.mark.parametrize("user", ["someone", STATIC_USER[0]])
def test_a_wrong_password_gets_no_allocation(relay: Deployment, transport: str, user: str) -> None:
    wrong = ("-u", user, "-w", "wrong")
    run = uclient(relay.conf, *transport.split(), "-y", "-c", limit=LIMIT, credentials=wrong)
    assert run.code == 255 and "Cannot complete Allocation" in run.output, run.output


def test_a_wrong_secret_gets_no_allocation(relay: Deployment) -> None:
    wrong = ("-u", "someone", "-W", relay.conf.secret[::-1])
    run = uclient(relay.conf, "-y", "-c", limit=LIMIT, credentials=wrong)
    assert run.code == 255 and "Cannot complete Allocation" in run.output, run.output


def test_the_address_of_a_client_is_told(relay: Deployment) -> None:
    run = stunclient(relay.conf)
    assert run.code == 0, run.output
    assert "UDP reflexive addr: 127.0.0.1:" in run.output, run.output


@pytest.fixture(scope="module", params=relays("embedded"))
def with_static_user(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("static")
    with deployment(request.param, directory, certificate, static_user=True) as running:
        yield running


def test_a_static_user_is_let_in_with_the_right_password(with_static_user: Deployment) -> None:
    def run(transport: str, user: str, password: str) -> Run:
        arguments = (*transport.split(), "-y", "-c", *MESSAGES)
        who = ("-u", user, "-w", password)
        return uclient(with_static_user.conf, *arguments, limit=LIMIT, credentials=who)

    name, password = STATIC_USER
    with ThreadPoolExecutor() as pool:
        welcome = [pool.submit(run, transport, name, password) for transport in TRANSPORTS]
        refused = [pool.submit(run, transport, name, "wrong") for transport in TRANSPORTS]
        refused += [pool.submit(run, transport, "nobody", password) for transport in TRANSPORTS]
    for good in welcome:
        assert (good.result().code, good.result().lost) == (0, 0), good.result().output
    for bad in refused:
        assert bad.result().code == 255, bad.result().output
        assert "Cannot complete Allocation" in bad.result().output, bad.result().output
