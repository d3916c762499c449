"""The chart's pods at work as processes of this machine, beside embedded servers and the sandbox's ad platforms."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from cli.local.client import LocalStack
from tests.deploy.chart import DIGEST, Manifest, of_kind, pod_specs, render
from tests.deploy.compose_pods import compose_manifests, compose_secrets
from tests.deploy.kubernetes_api import Job, KubernetesApi
from tests.deploy.pods import Image, Node, Process

STARTED = ("api", "relay", "notifier", "code-pipelines", "code-reporting", "webserver", "daemon")
READY_SECONDS = 240.0


@dataclass
class Cluster:
    """What runs: the stores, the pods, and the Jobs that the runs became."""

    stack: LocalStack
    manifests: list[Manifest]
    node: Node
    api: KubernetesApi
    processes: dict[str, "subprocess.Popen[bytes]"]

    def log(self, name: str) -> str:
        """The last lines of a pod."""
        return "\n".join((f"--- {name}", *self.text(name).splitlines()[-30:]))

    def text(self, name: str) -> str:
        """All that a pod wrote."""
        log = self.node.root / f"{name}.log"
        # A Job is known a moment before its process says anything.
        return log.read_text(errors="replace") if log.exists() else ""

    def probe(self, name: str) -> bool:
        """What the kubelet would ask the pod's startup probe, once."""
        (container,) = pod_specs(self.manifests)[f"zamc-{name}"]["spec"]["containers"]
        probe = container["startupProbe"]
        process = self.node.process(f"zamc-{name}", pod_specs(self.manifests)[f"zamc-{name}"])
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        if "httpGet" in probe:
            command = ["zamc-probe", "http", str(ports[probe["httpGet"]["port"]]), probe["httpGet"]["path"]]
        elif "grpc" in probe:
            command = ["dagster", "api", "grpc-health-check", "--port", str(probe["grpc"]["port"])]
        else:
            command = [self.node.moved(f"zamc-{name}", part) for part in probe["exec"]["command"]]
        done = subprocess.run(command, env=process.environment, capture_output=True, check=False, timeout=60)
        return done.returncode == 0

    def until(self, what: str, reached: Callable[[], bool]) -> None:
        """Wait; a pod that ends meanwhile, a run that fails, or too long a wait, fails with that pod's own words."""
        deadline = time.monotonic() + READY_SECONDS
        while not reached():
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended with {process.returncode}:\n{self.log(name)}"
            for name in self.api.jobs:
                assert " RUN_FAILURE " not in self.text(name), self.text(name)
            assert time.monotonic() < deadline, f"not within {READY_SECONDS:.0f} s: {what}\n" + "\n".join(
                map(self.log, (*self.processes, *self.api.jobs))
            )
            time.sleep(0.5)


def stack_values(stack: LocalStack) -> dict[str, object]:
    """Values for services on this machine: everything else is what the chart says."""
    ports, environment = stack.ports, stack.environment
    return {
        "environment": "local",
        "image": {"digest": DIGEST},
        "secrets": {"existingSecret": "zamc", "platformsSecret": "zamc-platforms"},
        "settings": {
            "ZAMC_GOOGLE_ADS_YAML": "/run/secrets/platforms/google-ads.yaml",
            "ZAMC_META_TOKEN_FILE": "/run/secrets/platforms/meta-token",
            "ZAMC_META_GRAPH_URL": environment["ZAMC_META_GRAPH_URL"],
        },
        "variables": {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": environment["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"]},
        "objects": {"url": environment["ZAMC_OBJECTS_URL"]},
        "api": {"port": ports["api"]},
        "codeLocations": {name: {"port": ports[f"code-{name}"]} for name in ("pipelines", "reporting")},
        "webserver": {"port": ports["webserver"]},
        "ingress": {"enabled": False},
    }


def stack_secrets(stack: LocalStack) -> Mapping[str, Mapping[str, str]]:
    """The Secrets that an operator would have made."""
    names = ("ZAMC_DATABASE_URL", "ZAMC_DATABASE_OWNER_URL", "ZAMC_DAGSTER_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL")
    return {
        "zamc": {name: stack.environment[name] for name in names},
        "zamc-platforms": {
            "google-ads.yaml": Path(stack.environment["ZAMC_GOOGLE_ADS_YAML"]).read_text(),
            "meta-token": Path(stack.environment["ZAMC_META_TOKEN_FILE"]).read_text(),
        },
    }


def chart_manifests(stack: LocalStack, kubeconfig: Path) -> list[Manifest]:
    """The chart on the services of this machine."""
    manifests = render(stack_values(stack))
    without_cluster(manifests, kubeconfig)
    return manifests


def without_cluster(manifests: list[Manifest], kubeconfig: Path) -> None:
    """The one change to what the chart says: the launcher finds its Kubernetes by a file, for there is no cluster to be inside of."""
    data = of_kind(manifests, "ConfigMap")["zamc-dagster"]["data"]
    dagster = yaml.safe_load(data["dagster.yaml"])
    dagster["run_launcher"]["config"] |= {"load_incluster_config": False, "kubeconfig_file": str(kubeconfig)}
    data["dagster.yaml"] = yaml.safe_dump(dagster)


@contextmanager
def running(folder: Path, image: Image, *, compose: bool = False) -> Iterator[Cluster]:
    """Stores and sandbox, then migrate to its end, then every Deployment of the chart, or service of Compose; all gone at the end."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    pods = folder / "pods"
    pods.mkdir()

    def start(name: str, process: Process) -> "subprocess.Popen[bytes]":
        with (pods / f"{name}.log").open("wb") as log:
            return subprocess.Popen(process.argv, env=process.environment, cwd=image.workdir, stdout=log, stderr=subprocess.STDOUT)

    def start_job(job: Job) -> "subprocess.Popen[bytes]":
        name = job["metadata"]["name"]
        return start(name, node.process(name, job["spec"]["template"]))

    with LocalStack.start(home=folder / "home", services=("postgres", "nats", "valkey", "sandbox", "dbt-manifest"), durable=False) as stack:
        api = KubernetesApi(start_job)
        manifests = compose_manifests(stack) if compose else chart_manifests(stack, api.kubeconfig(folder / "kubeconfig"))
        node = Node(pods, manifests, compose_secrets(stack) if compose else stack_secrets(stack), image)
        cluster = Cluster(stack, manifests, node, api, processes)
        try:
            migrate = start("migrate", node.process("zamc-migrate", pod_specs(manifests)["zamc-migrate"]))
            assert migrate.wait(timeout=READY_SECONDS) == 0, cluster.log("migrate")
            for name in STARTED:
                processes[name] = start(name, node.process(f"zamc-{name}", pod_specs(manifests)[f"zamc-{name}"]))
            yield cluster
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                try:
                    process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            api.close()
