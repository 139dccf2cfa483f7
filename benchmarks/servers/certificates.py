"""Certificates for services on this machine, from an authority that is made for a run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import trustme


@contextlib.contextmanager
def certificates() -> Iterator[tuple[Path, Path]]:
    """Yield the authority's certificate, and a service's with its key."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        ca, own = Path(folder) / "ca.pem", Path(folder) / "own.pem"
        authority.cert_pem.write_to_path(str(ca))
        own.touch(mode=0o600)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(own))
        yield ca, own
