"""A plot of latency against table size, for scripts/bench: an SVG of a few kilobytes, for light and dark pages."""

import math
from html import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 136, 44, 48
COLOURS = ("#d1242f", "#0969da", "#1a7f37", "#8250df", "#bc4c00", "#57606a", "#bf3989")
DARK = ("#ff7b72", "#58a6ff", "#3fb950", "#bc8cff", "#f0883e", "#8b949e", "#f778ba")


def spread(heights, gap):
    """Heights moved as little as need be to stand `gap` apart, in the order given (from small to large)."""
    placed = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    over = max(0.0, placed[-1] - (HEIGHT - BOTTOM)) if placed else 0.0
    for n in reversed(range(len(placed))):
        limit = placed[n] - over if n == len(placed) - 1 else placed[n + 1] - gap
        placed[n] = min(placed[n], limit)
    return placed


def power(value):
    """A power of ten as one reads it: 0.1, 1000, 10k, 1M."""
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e4 else f"{value:g}"


class Axis:
    """A logarithmic axis from a little below the least value to a little above the largest, over pixels a to b."""

    def __init__(self, values, a, b):
        self.low, self.high = math.log10(min(values)) - 0.08, math.log10(max(values)) + 0.08
        self.a, self.b = a, b

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.a + share * (self.b - self.a), 1)

    def ticks(self):
        """The powers of ten on it."""
        return [10.0**n for n in range(math.ceil(self.low), math.floor(self.high) + 1)]


def styles():
    """Colours of lines, text and ground, by what the page is."""

    def rules(ground, text, grid, colours):
        lines = "".join(f".s{n}{{stroke:{c}}}.t{n}{{fill:{c}}}" for n, c in enumerate(colours))
        return f".ground{{fill:{ground}}}text{{fill:{text}}}.grid{{stroke:{grid}}}{lines}"

    light = rules("#ffffff", "#1f2328", "#d8dee4", COLOURS)
    dark = rules("#0d1117", "#e6edf3", "#30363d", DARK)
    common = "text{font:12px system-ui,sans-serif}.first{font-weight:700}.title{font-weight:600;font-size:14px}"
    common += "path{fill:none}"
    return f"<style>{common}{light}@media (prefers-color-scheme:dark){{{dark}}}</style>"


def plot(lines, title):
    """The SVG of lines, a dict from label to points (names, ms), on two logarithmic axes; the first is drawn bolder."""
    numbers = {label: n for n, label in enumerate(lines)}
    lines = {label: sorted(points) for label, points in lines.items() if points}
    across = Axis([x for points in lines.values() for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Axis([y for points in lines.values() for _, y in points], HEIGHT - BOTTOM, TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img">',
        f"<title>{escape(title)}</title>{styles()}",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<text class="title" x="16" y="24">{escape(title)}</text>',
    ]
    for value in up.ticks():
        y = up(value)
        out.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{power(value)} ms</text>')
    for x in sorted({x for points in lines.values() for x, _ in points}):
        out.append(f'<path class="grid" d="M{across(x)} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{across(x)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{power(x)}</text>')
    out.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">names in the table</text>'
    )
    for label, points in lines.items():
        n = numbers[label]
        colour, width = n % len(COLOURS), 3.5 if n == 0 else 1.8
        path = "L".join(f"{across(x)} {up(y)}" for x, y in points)
        out.append(f'<path class="s{colour}" stroke-width="{width}" stroke-linejoin="round" d="M{path}"/>')
        radius = 4 if n == 0 else 2.6
        out.extend(f'<circle class="t{colour}" cx="{across(x)}" cy="{up(y)}" r="{radius}"/>' for x, y in points)
    ends = sorted((up(points[-1][1]), across(points[-1][0]), label) for label, points in lines.items())
    for (y, x, label), place in zip(ends, spread([end[0] for end in ends], 15), strict=True):
        colour, bold = numbers[label] % len(COLOURS), " first" if numbers[label] == 0 else ""
        if abs(place - y) > 4:
            out.append(f'<path class="s{colour}" stroke-width="0.8" d="M{x + 5} {y}L{x + 14} {place:.1f}"/>')
        out.append(f'<text class="t{colour}{bold}" x="{x + 16}" y="{place + 4:.1f}">{escape(label)}</text>')
    return "\n".join([*out, "</svg>", ""])
