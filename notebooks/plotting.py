"""Plots with Chinese letters, on every machine."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pymupdf
from matplotlib import font_manager
from numpy.typing import NDArray

_FONT = Path(__file__).parent / ".cache" / "cjk.ttf"


def use_chinese_font() -> None:
    """Let matplotlib draw Chinese with the font that PyMuPDF brings along."""
    if not _FONT.exists():
        _FONT.parent.mkdir(exist_ok=True)
        _FONT.write_bytes(pymupdf.Font("cjk").buffer)
    font_manager.fontManager.addfont(str(_FONT))
    name = font_manager.FontProperties(fname=str(_FONT)).get_name()
    plt.rcParams.update(
        {
            "font.family": [name],
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.dpi": 110,
        }
    )


def project(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project vectors onto the plane that shows most of their spread (PCA).

    Args:
        vectors: one a row.

    Returns:
        Two coordinates a row.
    """
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ directions[:2].T)
