"""Zero-concentrated privacy, which adds up exactly, and what it is worth as epsilon and delta.

Source:
    Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy", 2020, proposition 7.
"""

from __future__ import annotations

import numpy as np


def rho_of(epsilon: float, delta: float) -> float:
    """The largest zCDP rho that is within (epsilon, delta)."""
    low, high = 0.0, epsilon + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= delta else (low, middle)
    return low


def delta_of(rho: float, epsilon: float) -> float:
    """The delta of rho-zCDP at epsilon: the least over orders of Renyi divergence."""
    orders = 1 + np.geomspace(1e-3, 1e6, 20_000)
    logs = (orders - 1) * (orders * rho - epsilon) - np.log(orders - 1) + orders * np.log1p(-1 / orders)
    return float(np.exp(min(logs.min(), 0.0)))
