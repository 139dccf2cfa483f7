"""Reads a gateway's metrics as Prometheus does."""

from __future__ import annotations

import time

import httpx2
from prometheus_client.parser import text_string_to_metric_families

_PATIENCE = 5.0


class Samples:
    """The metrics of one moment."""

    def __init__(self, url: str) -> None:
        response = httpx2.get(f"{url}/metrics")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/plain; version=")
        self.text = response.text
        families = text_string_to_metric_families(response.text)
        self._samples = [sample for family in families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels, and maybe others."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == f"spark_gateway_{name}" and sample.labels.items() >= labels.items()
        )

    def labels(self, label: str) -> set[str]:
        """Every value of a label."""
        return {sample.labels[label] for sample in self._samples if label in sample.labels}


def samples_after(url: str, requests: int) -> Samples:
    """The metrics when so many requests are counted: an answer ends a little before."""
    deadline = time.monotonic() + _PATIENCE
    while (seen := Samples(url)).sum("requests_total") < requests:
        assert time.monotonic() < deadline, seen.text
    assert seen.sum("requests_total") == requests
    return seen
