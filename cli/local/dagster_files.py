"""dagster.yaml and workspace.yaml of the embedded stack, written anew at each start: they follow the ports, and hold no password."""

from collections.abc import Mapping

from cli.dagster_yaml import local_settings, to_yaml, workspace
from cli.local.home import Home, write_atomically

CODE_LOCATIONS = {"zamc_pipelines": "code-pipelines", "reporting": "code-reporting"}


def write_dagster_files(home: Home, ports: Mapping[str, int]) -> None:
    """DAGSTER_HOME/dagster.yaml and workspace.yaml. Raises OSError."""
    folder = home.folder("dagster")
    write_atomically(folder / "dagster.yaml", to_yaml(local_settings(folder)))
    servers = {location: ("127.0.0.1", ports[port]) for location, port in CODE_LOCATIONS.items()}
    write_atomically(folder / "workspace.yaml", to_yaml(workspace(servers)))
