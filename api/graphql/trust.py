"""The dashboard's operations are registered by id: `python -m api.graphql.trust` after a change of dashboard/operations/.

It writes api/graphql/trusted_documents.json, which the server reads, and dashboard/src/operations.ts, which the dashboard is built with.
Ids that were registered before stay, since browsers keep a page open for days; `--forget` drops them.
"""

import argparse
import json
from pathlib import Path

from api.graphql.documents import MANIFEST, id_of

OPERATIONS = Path(__file__).parents[2] / "dashboard" / "operations"
TYPESCRIPT = OPERATIONS.parent / "src" / "operations.ts"


def operations(folder: Path = OPERATIONS) -> dict[str, str]:
    """Text by name, one file each."""
    return {file.stem: file.read_text() for file in sorted(folder.glob("*.graphql"))}


def manifest_of(found: dict[str, str], before: dict[str, str]) -> str:
    """JSON: those of now, and those of before."""
    documents = before | {id_of(text): text for text in found.values()}
    return json.dumps({"documents": dict(sorted(documents.items()))}, indent=2, ensure_ascii=False) + "\n"


def typescript_of(found: dict[str, str]) -> str:
    """What the dashboard sends instead of texts."""
    lines = [f'  {name}: "{id_of(text)}",' for name, text in found.items()]
    head = "// Written by `python -m api.graphql.trust` from dashboard/operations/: the id of each operation.\n\n"
    return head + "export const OPERATIONS = {\n" + "\n".join(lines) + "\n} as const;\n"


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forget", action="store_true", help="drop the ids of documents that the dashboard does not have any more")
    forget = parser.parse_args().forget
    before = {} if forget or not MANIFEST.exists() else json.loads(MANIFEST.read_text())["documents"]
    MANIFEST.write_text(manifest_of(operations(), before))
    TYPESCRIPT.write_text(typescript_of(operations()))


if __name__ == "__main__":
    main()
