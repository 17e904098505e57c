"""Medians and ratios of what tests/Benchmarks/run has counted.

usage: report.py FIGURES FOLDER

FIGURES has a line for each figure: what, whose and how much, with tabs between. Prints a table; leaves every figure in
FOLDER/benchmarks.json and a drawing of the ratios in FOLDER/benchmarks.svg.
"""

import json
import pathlib
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, ROW, LEFT = 720, 34, 300


def read(path):
    figures = {}
    for line in pathlib.Path(path).read_text().splitlines():
        what, whose, value = line.split("\t")
        try:
            value = float(value)
        except ValueError:
            pass
        figures.setdefault(what, {}).setdefault(whose, []).append(value)
    return figures


def told(values):
    if len(values) == 1:
        return f"{values[0]:.2f}" if values[0] < 100 else f"{values[0]:.0f}"
    digits = 2 if max(values) < 100 else 0
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def draw(ratios):
    """Bars of how many times the peer's figure ours is, a line at one."""
    most = max(max(r for _, r in ratios), 1) * 1.1
    scale = (WIDTH - LEFT - 60) / most
    rows = []
    for i, (what, ratio) in enumerate(ratios):
        y = 20 + i * ROW
        rows.append(
            f'<text x="{LEFT - 12}" y="{y + 15}" text-anchor="end">{escape(what)}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{ratio * scale:.1f}" height="22" rx="3" fill="#17614f"/>'
            f'<text x="{LEFT + ratio * scale + 8:.1f}" y="{y + 15}">{ratio:.2f}</text>'
        )
    height = 30 + len(ratios) * ROW
    one = LEFT + scale
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14" role="img">'
        "<title>This host's rate as a multiple of oidc-provider's</title>"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(rows)}'
        f'<path d="M{one:.1f} 10V{height - 10}" stroke="#b00020" stroke-dasharray="4 3"/></svg>'
    )


def main():
    figures = read(sys.argv[1])
    folder = pathlib.Path(sys.argv[2])
    ratios = []
    print(f'{"":44}{"this host":>28}{"oidc-provider":>28}{"times":>8}')
    for what, whose in figures.items():
        ours, theirs = whose.get("ours", whose.get("people", [])), whose.get("theirs")
        if not all(isinstance(v, float) for v in ours):
            continue
        times = ""
        if theirs:
            ratio = statistics.median(ours) / statistics.median(theirs)
            times = f"{ratio:.2f}"
            if "memory" not in what and "ready" not in what:
                ratios.append((what, ratio))
        print(f'{what:44}{told(ours):>28}{told(theirs) if theirs else "":>28}{times:>8}')
    if "hashes /s" in figures and "sign-ins /s" in figures:
        share = figures["sign-ins /s"]["ours"][0] / figures["hashes /s"]["ours"][0]
        print(f"sign-ins are {share:.0%} of the bare hash rate")
    (folder / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")
    if ratios:
        (folder / "benchmarks.svg").write_text(draw(ratios) + "\n")


main()
