"""The daemon and the webserver load the launcher; neither they nor the listening server may pay for what runs need."""

import subprocess
import sys


def modules_after(statement: str) -> set[str]:
    script = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, capture_output=True, text=True).stdout.split())


def test_the_launcher_adds_its_own_modules_to_those_of_dagster_and_no_others() -> None:
    added = modules_after("from zamc_pipelines.launcher import ForkingRunLauncher") - modules_after("import dagster")
    assert added == {
        "zamc_pipelines",
        "zamc_pipelines.launcher",
        "zamc_pipelines.launcher.client",
        "zamc_pipelines.launcher.launcher",
        "zamc_pipelines.launcher.protocol",
    }


def test_the_server_listens_before_it_imports_dagster() -> None:
    assert not any(name.startswith("dagster") for name in modules_after("import zamc_pipelines.launcher.server"))
