"""`python -m cli.metrics_page`: write the metrics into docs/how-to/read-the-reports.md as they are defined."""

import re
from pathlib import Path

from zamc.analytics.metrics import metrics

PAGE = Path("docs/how-to/read-the-reports.md")
_BETWEEN = re.compile(r"(<!-- metrics:[^\n]*\n)(.*?)(<!-- end -->)", re.DOTALL)


def with_metrics(page: str) -> str:
    """The page with today's definitions."""
    lines = ["| metric | column | formula | meaning |", "|---|---|---|---|"]
    lines += [f"| {metric.label} | `{metric.name}` | {metric.formula} | {metric.description} |" for metric in metrics().values()]
    return _BETWEEN.sub(lambda found: found.group(1) + "\n".join(lines) + "\n" + found.group(3), page)


if __name__ == "__main__":
    PAGE.write_text(with_metrics(PAGE.read_text()))
