"""Public MCP servers from npm, as `make judges` installs them: how each is started, offline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv-judges" / "servers" / "node_modules" / ".bin"


class Server(NamedTuple):
    """A program that speaks MCP over stdio, and what it wants to be started.

    Attributes:
        program: its name among the installed ones.
        args: its arguments.
        key: the variable of the key without which it does not start; any text will do.
    """

    program: str
    args: tuple[str, ...] = ()
    key: str = ""

    @property
    def command(self) -> str:
        """The whole path of the program."""
        return str(INSTALLED / self.program)

    @property
    def env(self) -> dict[str, str]:
        """The environment to start it in: nothing of ours but the way to node."""
        quiet = {"DO_NOT_TRACK": "1", "MDB_MCP_TELEMETRY": "disabled", "CI": "1"}
        key = {self.key: "none"} if self.key else {}
        return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **quiet, **key}


SERVERS = {
    "airtable": Server("airtable-mcp-server", key="AIRTABLE_API_KEY"),
    "brave": Server("brave-search-mcp-server", ("--transport", "stdio"), "BRAVE_API_KEY"),
    "chrome": Server("chrome-devtools-mcp", ("--headless", "--no-usage-statistics")),
    "context7": Server("context7-mcp"),
    "exa": Server("exa-mcp-server", key="EXA_API_KEY"),
    "figma": Server("figma-developer-mcp", ("--stdio",), "FIGMA_API_KEY"),
    "gitlab": Server("mcp-server-gitlab", key="GITLAB_PERSONAL_ACCESS_TOKEN"),
    "hubspot": Server("mcp-hubspot", key="PRIVATE_APP_ACCESS_TOKEN"),
    "mongodb": Server("mongodb-mcp-server", ("--readOnly",)),
    "tavily": Server("tavily-mcp", key="TAVILY_API_KEY"),
}

each_server = pytest.mark.parametrize("name", SERVERS)
needs_node = pytest.mark.skipif(
    not INSTALLED.is_dir(),
    reason="the public MCP servers are programs for Node.js; `make judges` found no npm",
)
