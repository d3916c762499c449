"""Kubernetes' restricted pod security standard, and what we ask on top of it: read-only root, limits, no token unless it is needed."""

from collections.abc import Iterator
from typing import Any

WRITABLE = {"/tmp", "/var/lib/zamc"}  # noqa: S108 - what the image declares
ALLOWED_VOLUMES = {"configMap", "emptyDir", "secret", "projected", "persistentVolumeClaim"}


def violations(template: dict[str, Any]) -> list[str]:
    """A sentence for each thing in a pod template that the standard refuses; none means that such a namespace admits it."""
    return list(_violations(template["spec"]))


def _violations(spec: dict[str, Any]) -> Iterator[str]:
    pod = spec.get("securityContext") or {}
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is set: remove it"
    if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "the seccomp profile is not RuntimeDefault: set it"
    if pod.get("runAsNonRoot") is not True or pod.get("runAsUser", 0) == 0:
        yield "it may run as root: set runAsNonRoot and runAsUser"
    for volume in spec.get("volumes") or []:
        if not ALLOWED_VOLUMES & volume.keys():
            yield f"volume {volume['name']} is of a kind that the standard refuses"
    for container in spec["containers"]:
        yield from _of_container(container)


def _of_container(container: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext") or {}
    name = container["name"]
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name} may gain privileges: set allowPrivilegeEscalation to false"
    if own.get("capabilities", {}).get("drop") != ["ALL"] or own.get("capabilities", {}).get("add"):
        yield f"{name} keeps capabilities: drop ALL"
    if own.get("privileged"):
        yield f"{name} is privileged"
    if own.get("readOnlyRootFilesystem") is not True:
        yield f"{name} may write to its root file system: set readOnlyRootFilesystem"
    resources = container.get("resources") or {}
    if not all(resources.get(kind, {}).get(what) for kind in ("requests", "limits") for what in ("cpu", "memory")):
        yield f"{name} has no bound: set requests and limits of cpu and memory"
    for mount in container.get("volumeMounts") or []:
        if not mount.get("readOnly") and mount["mountPath"] not in WRITABLE:
            yield f"{name} writes to {mount['mountPath']}, which the image does not declare: mount it read-only"
