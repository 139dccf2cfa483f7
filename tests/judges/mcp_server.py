"""A small MCP server over stdio, whose tools have the schemas and results that real ones have.

``python tests/judges/mcp_server.py``; it needs nothing but ``mcp``, of either major version.
"""

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

try:
    from mcp.server.mcpserver import Image, MCPServer
except ImportError:
    from mcp.server.fastmcp import FastMCP as MCPServer
    from mcp.server.fastmcp import Image

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
ORDERS = [
    {"const": "asc", "description": "the smallest first"},
    {"const": "desc", "description": "the largest first"},
]


class Node(BaseModel):
    """A heading and what stands below it."""

    title: str
    children: list["Node"] = []


class Circle(BaseModel):
    """A circle."""

    kind: Literal["circle"]
    radius: float


class Box(BaseModel):
    """A box."""

    kind: Literal["box"]
    width: float
    height: float


def send(to: str | list[str], text: str, priority: Literal["low", "high"] | int = "low") -> str:
    """Send a text to one address or to several."""
    return f"sent {text} to {to!r}, priority {priority!r}"


def outline(root: Node) -> str:
    """Write an outline."""

    def count(node: Node) -> int:
        return 1 + sum(map(count, node.children))

    return f"{count(Node.model_validate(root))} headings"  # LlamaIndex hands over a dict


def now() -> str:
    """Tell the time."""
    return "12:30"


def screenshot(page: str) -> list[str | Image]:
    """Take a screenshot of a page."""
    return [f"this is {page}", Image(data=PIXEL, format="png")]


def sort(
    values: list[float], order: Annotated[str, Field(json_schema_extra={"oneOf": ORDERS})]
) -> str:
    """Sort numbers."""
    return str(sorted(values, reverse=order == "desc"))


def area(
    shape: Annotated[Circle | Box, Field(discriminator="kind")],
    scale: tuple[int, str] = (1, "cm"),
) -> str:
    """Compute the area of a shape."""
    size = 3 * shape.radius**2 if isinstance(shape, Circle) else shape.width * shape.height
    return f"{size} {scale[1]}²"


def store(value: Any, labels: dict[str, str] | None = None) -> str:
    """Keep any value."""
    return f"kept {value!r}"


def broken(name: str) -> str:
    """Do something that fails."""
    raise ValueError(f"no {name} here")


TOOLS = (send, outline, now, screenshot, sort, area, store, broken)

if __name__ == "__main__":
    server = MCPServer("judges")
    for tool in TOOLS:
        server.add_tool(tool, structured_output=False)
    server.run("stdio")
