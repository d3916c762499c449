"""Pages of docs/reference/ that are generated from code, so that they cannot go stale: `python -m cli.reference`.

It also writes the generated files of deploy/.
"""

from pathlib import Path

from cli import deploy_files
from zamc.events.catalogue import CATALOGUE
from zamc.settings import Settings

FOLDER = Path("docs/reference")


def events_page() -> str:
    """Every event of the catalogue."""
    lines = [
        "# Events",
        "",
        "Generated from `zamc/events/catalogue.py` by `python -m cli.reference`. Every event is a CloudEvents 1.0 envelope in JSON on the",
        "JetStream stream `ZAMC`; its subject is also its `type`. Consumers are idempotent by event `id`.",
    ]
    for subject, kind in CATALOGUE.items():
        lines += ["", f"## `{subject}`", "", (kind.__doc__ or "").strip(), "", "| field | type |", "|---|---|"]
        schema = kind.model_json_schema()["properties"]
        lines += [f"| `{name}` | {_type(field)} |" for name, field in schema.items()]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every variable."""
    lines = [
        "# Settings",
        "",
        "Generated from `zamc/settings.py` by `python -m cli.reference`. Settings come from the environment, and secrets also",
        "from the files in `ZAMC_SECRETS_DIR`, one per variable and named like it (`ZAMC_DATABASE_URL`); the environment wins.",
        "",
        "| variable | default | what |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{_portable(field.default)}`"
        lines.append(f"| `ZAMC_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


PAGES = {"events.md": events_page, "settings.md": settings_page}


def _type(field: dict[str, object]) -> str:
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])  # type: ignore[attr-defined]  # a list by JSON schema
    return str(field.get("format") or field.get("type") or "any")


def _portable(value: object) -> str:
    return str(value).replace(str(Path.home()), "~")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, make in PAGES.items():
        (FOLDER / page).write_text(make())
    deploy_files.write()
