"""Reads single values from a server's metrics."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from support.rest import Rest
from support.switchboard import Server

FOLD_LIMIT = 5.0
"""Seconds until a counter is sure to show what happened; event loops hand theirs over once a second."""


def metric(server: Server, name: str, **labels: str) -> float:
    """The value of one series now; 0 when there is none yet."""
    answer = Rest(server).call("GET", "/metrics")
    assert answer.status == 200, answer
    return metric_in(answer.body.decode(), name, **labels)


def metric_in(text: str, name: str, **labels: str) -> float:
    """The same from what was answered to a scrape."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return 0.0


def by_label(server: Server, name: str, label: str) -> dict[str, float]:
    """The values of all series of a metric that are not 0, by one of their labels."""
    answer = Rest(server).call("GET", "/metrics")
    assert answer.status == 200, answer
    return {
        sample.labels[label]: float(sample.value)
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
        if sample.name == name and sample.value
    }
