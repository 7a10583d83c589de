"""What was measured: every run, the medians, and whether a target was met."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figure:
    """One line of the table."""

    row: str
    what: str
    value: float
    unit: str = ""
    #: `(">=", 0.4)`; without one it is only told.
    target: tuple[str, float] | None = None
    #: Where `--small` fails: only a collapse, because machines differ.
    floor: tuple[str, float] | None = None
    runs: list[Any] = field(default_factory=list)
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        return None if self.target is None else holds(self.value, self.target)

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "what": self.what,
            "value": round(self.value, 4),
            "unit": self.unit,
            "target": None if self.target is None else f"{self.target[0]} {self.target[1]:g}",
            "met": self.is_met,
            "note": self.note,
            "runs": self.runs,
        }


def holds(value: float, bound: tuple[str, float]) -> bool:
    sign, limit = bound
    return value >= limit if sign == ">=" else value <= limit


def median(values: list[float]) -> float:
    return statistics.median(values)


def number(value: float) -> str:
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def table(figures: list[Figure]) -> str:
    lines = []
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target[0]} {figure.target[1]:g}"
        met = {True: "met", False: "NOT MET", None: ""}[figure.is_met]
        lines.append(
            [figure.row, figure.what, f"{number(figure.value)} {figure.unit}".strip(), target, met, figure.note]
        )
    lines.insert(0, ["row", "measure", "value", "target", "", ""])
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True)).rstrip() for line in lines
    )


def as_json(figures: list[Figure], machine: dict[str, Any]) -> str:
    return json.dumps({"machine": machine, "figures": [figure.as_dict() for figure in figures]}, indent=1) + "\n"
