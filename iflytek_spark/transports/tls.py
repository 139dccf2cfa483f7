"""One TLS context for the process: making one costs more than a connection."""

from __future__ import annotations

import functools
import ssl

from iflytek_spark.errors import ConfigurationError


@functools.cache
def shared_context() -> ssl.SSLContext:
    """Return the process's context, which trusts the system's CAs (or ``SSL_CERT_FILE``)."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])  # as httpcore2 sets it on whatever it is given
    return context


def checked_context(context: ssl.SSLContext | None) -> ssl.SSLContext:
    """Return the user's own context, or the shared one.

    Raises:
        ConfigurationError: when the user's context would accept any certificate: a signed URL
            is a secret, and whoever answers would read it.
    """
    if context is None:
        return shared_context()
    if context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname:
        raise ConfigurationError(
            "ssl_context does not verify certificates",
            hint="add your CA: ssl.create_default_context(cafile='ca.pem')",
        )
    return context
