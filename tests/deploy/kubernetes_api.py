"""As much of the Kubernetes API as a run needs: a Job that is created becomes a process, and can be looked at and deleted.

It speaks HTTP to the real client inside K8sRunLauncher, and writes down each call, so that a test can hold it against the Role.
"""

import json
import re
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

Job = dict[str, Any]
_JOBS = re.compile(r"/apis/batch/v1/namespaces/(?P<namespace>[^/?]+)/jobs(?:/(?P<name>[^/?]+))?(?P<status>/status)?(?:\?.*)?")
_CORE = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/?]+)/(?P<resource>pods|events)(?:/(?P<name>[^/?]+))?(?P<log>/log)?(?:\?.*)?")
_OF_JOB = re.compile(r"labelSelector=job-name(?:=|%3D)(?P<job>[^&]+)")


class KubernetesApi:
    """Serves until close(). calls: (API group, resource, verb) of every request; jobs: every Job as it was sent."""

    def __init__(self, start: Callable[[Job], "subprocess.Popen[bytes]"]) -> None:
        self.calls: set[tuple[str, str, str]] = set()
        self.jobs: dict[str, Job] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start = start
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        threading.Thread(target=self._server.serve_forever, name="kubernetes-api", daemon=True).start()

    def kubeconfig(self, file: Path) -> Path:
        """What leads a client here."""
        cluster = {"server": f"http://127.0.0.1:{self._server.server_address[1]}"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": "test"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        file.write_text(yaml.safe_dump(content))
        return file

    def create(self, job: Job) -> Job:
        name = job["metadata"]["name"]
        self.jobs[name] = job
        self.processes[name] = self._start(job)
        return self.read(name)

    def read(self, name: str) -> Job:
        code = self.processes[name].poll()
        done = {"active": 1} if code is None else {"succeeded": 1} if code == 0 else {"failed": 1}
        return {**self.jobs[name], "status": done}

    def pods(self, job: str) -> list[Job]:
        template = self.jobs[job]["spec"]["template"]
        return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{job}-pod"}, "spec": template["spec"]}]

    def delete(self, name: str) -> None:
        self.processes[name].terminate()

    def close(self) -> None:
        """Ends the runs too."""
        self._server.shutdown()
        self._server.server_close()
        for process in self.processes.values():
            process.kill()
            process.wait()


class _Handler(BaseHTTPRequestHandler):
    api: KubernetesApi

    def do_POST(self) -> None:
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert _JOBS.fullmatch(self.path)
        self.api.calls.add(("batch", "jobs", "create"))
        self._answer(self.api.create(job))

    def do_GET(self) -> None:
        if found := _JOBS.fullmatch(self.path):
            name = found["name"]
            self.api.calls.add(("batch", "jobs/status" if found["status"] else "jobs", "get" if name else "list"))
            self._answer(self.api.read(name) if name else {"items": [self.api.read(name) for name in self.api.jobs]})
        elif found := _CORE.fullmatch(self.path):
            resource = "pods/log" if found["log"] else found["resource"]
            self.api.calls.add(("", resource, "get" if found["name"] else "list"))
            job = _OF_JOB.search(self.path)
            self._answer({"items": self.api.pods(job["job"]) if job and resource == "pods" else []})
        else:
            self.send_error(404)

    def do_DELETE(self) -> None:
        if found := _JOBS.fullmatch(self.path):
            self.api.calls.add(("batch", "jobs", "delete"))
            self.api.delete(found["name"])
        else:
            self.api.calls.add(("", "pods", "delete"))
        self._answer({"status": "Success"})

    def _answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Silent: a test's output is its own."""
