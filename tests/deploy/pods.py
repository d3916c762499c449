"""A pod of the chart as a process: its arguments, its environment and its files, with paths and names moved to this machine.

What a container runtime does is done here by rewriting: each volume is a folder, and a path in an argument, a variable or a
ConfigMap that lies below a mount becomes a path in that folder. Services resolve to loopback.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.chart import Manifest, of_kind, pod_specs

DOCKERFILE = Path("deploy/Dockerfile")
IGNORED = Path("deploy/Dockerfile.dockerignore")
ENTRYPOINT = Path("deploy/image/entrypoint.sh").resolve()


@dataclass(frozen=True)
class Process:
    """What to start."""

    argv: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Image:
    """What the pods' image is: a tree that build.sh made, or this checkout in its place."""

    programs: Path
    entrypoint: Path
    workdir: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """Where pods "run": a folder of this machine, the objects of the cluster, and the Secrets that the operator made."""

    root: Path
    manifests: list[Manifest]
    secrets: Mapping[str, Mapping[str, str]]
    image: Image

    def process(self, name: str, template: Manifest) -> Process:
        """The one container of a pod template, as a kubelet would start it."""
        spec = template["spec"]
        (container,) = spec["containers"]
        mounts = self._mounts(name, spec, container)
        variables = {variable["name"]: variable["value"] for variable in container.get("env") or []}
        # The image's own variables, then the manifest's; nothing of this test's environment but what the machine needs.
        environment = {**image_environment(), **variables}
        assert "command" not in container, "a command would replace the image's entrypoint"
        return Process(
            [str(self.image.entrypoint), *(self._moved(argument, mounts) for argument in container["args"])],
            {
                **{key: self._moved(value, mounts) for key, value in environment.items()},
                **self.image.environment,
                "PATH": f"{self.image.programs}{os.pathsep}{os.environ['PATH']}",
                "no_proxy": "127.0.0.1,localhost",
                "NO_PROXY": "127.0.0.1,localhost",
            },
        )

    def moved(self, name: str, text: str) -> str:
        """A path as that pod sees it, as a path of this machine."""
        spec = pod_specs(self.manifests)[name]["spec"]
        (container,) = spec["containers"]
        if text == "/opt/zamc/entrypoint.sh":
            return str(self.image.entrypoint)
        return self._moved(text, self._mounts(name, spec, container))

    def _folder(self, pod: str, volume: Manifest) -> Path:
        # A claim is one folder for all pods, anything else is a pod's own.
        return self.root / ("claims" if "persistentVolumeClaim" in volume else pod) / volume["name"]

    def _mounts(self, name: str, spec: Manifest, container: Manifest) -> dict[str, Path]:
        volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
        mounts = {mount["mountPath"]: self._folder(name, volumes[mount["name"]]) for mount in container["volumeMounts"]}
        for mount in container["volumeMounts"]:
            folder = mounts[mount["mountPath"]]
            folder.mkdir(parents=True, exist_ok=True)
            for file, text in self._content(volumes[mount["name"]]):
                (folder / file).write_text(self._moved_file(text, mounts))
        return mounts

    def _content(self, volume: Manifest) -> Iterator[tuple[str, str]]:
        if "secret" in volume:
            source = volume["secret"]
            held = self.secrets.get(source["secretName"], {})
            items = source.get("items") or [{"key": key, "path": key} for key in held]
            yield from ((item["path"], held[item["key"]]) for item in items if item["key"] in held)
        elif "configMap" in volume:
            data: dict[str, str] = of_kind(self.manifests, "ConfigMap")[volume["configMap"]["name"]]["data"]
            yield from data.items()
        else:
            assert {"emptyDir", "persistentVolumeClaim"} & volume.keys(), f"{volume} is of a kind that no pod of ours uses"

    def _moved_file(self, text: str, mounts: Mapping[str, Path]) -> str:
        content = yaml.safe_load(text)
        if not isinstance(content, dict) or "run_launcher" not in content:
            return self._moved(text, mounts)
        # What the launcher is told are paths inside the pods that it makes, not inside this one.
        launcher = {"run_launcher": content.pop("run_launcher")}
        return self._moved(yaml.safe_dump(content), mounts) + yaml.safe_dump(launcher)

    def _moved(self, text: str, mounts: Mapping[str, Path]) -> str:
        # A path of this machine, which a test handed in or an earlier step has made, stays, even if a mount is called like its start.
        own = re.escape(str(self.root.parent))
        for path, folder in mounts.items():
            text = re.sub(rf"(?<![\w/])(?!{own}){re.escape(path)}(?=[/\s'\"]|$)", str(folder), text, flags=re.MULTILINE)
        for service in of_kind(self.manifests, "Service"):
            text = re.sub(rf"(host: ){re.escape(service)}$", r"\g<1>127.0.0.1", text, flags=re.MULTILINE)
        return text


def checkout_image(folder: Path) -> Image:
    """This checkout and its virtual environment, with zamc and zamc-probe in `folder` as the image has them."""
    folder.mkdir()
    for name in ("dagster", "dagster-daemon", "dagster-webserver", "dbt"):
        (folder / name).symlink_to(Path(sys.executable).parent / name)
    for name, line in {
        "zamc": "from cli.main import main; main()",
        "zamc-probe": f"import runpy; runpy.run_path({str(Path('deploy/image/probe.py').resolve())!r}, run_name='__main__')",
    }.items():
        (folder / name).write_text(f"#!{sys.executable}\n{line}\n")
        (folder / name).chmod(0o755)
    return Image(folder, ENTRYPOINT, Path.cwd(), {"PYTHONPATH": str(Path.cwd())})


def image_environment() -> dict[str, str]:
    """The ENV of the image's last stage, but for PATH."""
    last_stage = DOCKERFILE.read_text().rpartition("\nFROM ")[2].replace("\\\n", " ")
    lines = [line.removeprefix("ENV ") for line in last_stage.splitlines() if line.startswith("ENV ")]
    pairs = [pair.partition("=") for line in lines for pair in line.split()]
    return {name: value for name, _, value in pairs if name != "PATH"}


def resolves(manifests: list[Manifest], service: str) -> tuple[Any, int]:
    """Whom a Service leads to: the pod labels of the one Deployment that its selector names, and the container's port."""
    found = of_kind(manifests, "Service")[service]["spec"]
    (port,) = found["ports"]
    chosen = [
        template["spec"]["template"]
        for template in of_kind(manifests, "Deployment").values()
        if found["selector"].items() <= template["spec"]["template"]["metadata"]["labels"].items()
    ]
    (template,) = chosen
    (container,) = template["spec"]["containers"]
    (target,) = [offered["containerPort"] for offered in container["ports"] if offered["name"] == port["targetPort"]]
    return template["metadata"]["labels"], target
