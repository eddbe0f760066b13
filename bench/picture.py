"""Horizontal bars as SVG, readable on light and on dark pages."""
from html import escape

WIDTH, LABELS, BAR, GAP, TOP = 720, 190, 20, 8, 40

STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    rect { fill: #8c959f }
    .ours { fill: #0969da }
    .relay { fill: #d0d7de }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      rect { fill: #6e7681 }
      .ours { fill: #4493f8 }
      .relay { fill: #3d444d }
    }
"""


def bars(title, values, digits):
    """values: (label, value, name). Shortest first, for less is better everywhere."""
    values = sorted(values, key=lambda bar: bar[1])
    longest = max(value for _, value, _ in values) or 1
    room = WIDTH - LABELS - 80
    lines = [f'  <text class="title" x="0" y="20">{escape(title)}</text>']
    for place, (label, value, name) in enumerate(values):
        y = TOP + place * (BAR + GAP)
        width = max(1, room * value / longest)
        kind = ' class="ours"' if name.startswith("adit") else ' class="relay"' if name == "haproxy" else ""
        lines += [f'  <text x="{LABELS - 10}" y="{y + 15}" text-anchor="end">{escape(label)}</text>',
                  f'  <rect{kind} x="{LABELS}" y="{y}" width="{width:.0f}" height="{BAR}" rx="3"/>',
                  f'  <text x="{LABELS + width + 8:.0f}" y="{y + 15}">{value:,.{digits}f}</text>']
    height = TOP + len(values) * (BAR + GAP)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-label="{escape(title, quote=True)}">\n  <style>{STYLE}  </style>\n' + "\n".join(lines) + "\n</svg>\n")
