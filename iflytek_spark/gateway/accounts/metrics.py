"""What is counted of accounts. Their names are the configuration's, so that they are few."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class AccountMetrics:
    """Counts of each account.

    Attributes:
        requests: requests that were sent, by account and product.
        errors: what accounts answered in place of a response, by account and class of the error.
        set_aside: for how many models an account is not asked now.
        waiting: requests that wait for a turn, by product.
        fallbacks: responses of another model than was asked for, by that one.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Start at nothing."""
        self.requests = Counter(
            "spark_gateway_account_requests",
            "Requests sent to Spark, by account and product.",
            ("account", "product"),
            registry=registry,
        )
        self.errors = Counter(
            "spark_gateway_account_errors",
            "Failures of requests before their first token, by account.",
            ("account", "error"),
            registry=registry,
        )
        self.set_aside = Gauge(
            "spark_gateway_account_set_aside",
            "For how many models an account is set aside.",
            ("account",),
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.waiting = Gauge(
            "spark_gateway_queue_waiting",
            "Requests that wait for a turn of an account.",
            ("product",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.fallbacks = Counter(
            "spark_gateway_fallbacks",
            "Responses of a model in place of another.",
            ("model",),
            registry=registry,
        )
