"""Writes the figures for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence

from .figures import Results, Row

COLUMNS = ("figure", "unit", "switchboard", "spread", "reference", "multiple", "target", "")
WIDTHS = (30, 14, 12, 17, 10, 9, 10, 6)


def number(value: float | None) -> str:
    """Three significant digits or all integer digits, whichever is more."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def target_of(row: Row) -> str:
    figure = row.figure
    if figure.target is None:
        return "-"
    sign = ">=" if figure.more_is_better else "<="
    return f"{sign} {figure.target:,g}" + (" x" if figure.target_is_multiple else "")


def verdict_of(row: Row) -> str:
    return {True: "met", False: "MISSED", None: ""}[row.met]


def line(cells: Sequence[str]) -> str:
    text = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, WIDTHS))]
    return "  ".join(text).rstrip()


def table(rows: Sequence[Row]) -> str:
    lines = [line(COLUMNS), line(["-" * width for width in WIDTHS])]
    for row in rows:
        cells = [
            row.figure.title,
            row.figure.unit,
            number(row.value),
            f"{number(row.lowest)}..{number(row.highest)}",
            number(row.reference),
            "-" if row.multiple is None else f"{row.multiple:.2f} x",
            target_of(row),
            verdict_of(row),
        ]
        lines.append(line(cells))
        if row.figure.note:
            lines.append(f"    for comparison, measured elsewhere: {row.figure.note}")
    return "\n".join(lines)


def document(rows: Sequence[Row], results: Results) -> dict:
    """Each row, and what every counted run printed."""
    return {
        "figures": [
            {
                "title": row.figure.title,
                "unit": row.figure.unit,
                "value": row.value,
                "lowest": row.lowest,
                "highest": row.highest,
                "reference": row.reference,
                "multiple": row.multiple,
                "target": row.figure.target,
                "target_is_multiple": row.figure.target_is_multiple,
                "met": row.met,
            }
            for row in rows
        ],
        "runs": results,
    }
