"""What the demo asks of the Dagster webserver: launch a run as a click on "Materialize" does, wait for it, and say where the time went."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from zamc.errors import GiveUp, Later

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
_RUNS = """
query Runs($filter: RunsFilter, $limit: Int) {
  runsOrError(filter: $filter, limit: $limit) {
    __typename
    ... on Runs {
      results { runId jobName status creationTime startTime endTime stepStats { startTime endTime status } }
    }
    ... on PythonError { message }
  }
}"""
_OVER = frozenset({"SUCCESS", "FAILURE", "CANCELED"})


@dataclass(frozen=True)
class Run:
    """A Dagster run; times are seconds since 1970. bodies: when each data asset began and ended; some work at the same time."""

    run_id: str
    job: str
    status: str
    created: float
    ended: float | None
    bodies: tuple[tuple[float, float], ...]

    @property
    def over(self) -> bool:
        return self.status in _OVER


class Dagster:
    """The webserver's GraphQL. Raises Later when it does not answer."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def launch(self, *, location: str, job: str, partition: str | None = None) -> str:
        """Launch a job, on one partition if it has some; returns the run's id. Raises GiveUp with Dagster's own message."""
        tags = [{"key": "dagster/partition", "value": partition}] if partition else []
        params = {
            "selector": {"repositoryLocationName": location, "repositoryName": "__repository__", "jobName": job},
            "runConfigData": {},
            "executionMetadata": {"tags": tags},
        }
        answer = self._ask(_LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            said = answer.get("message") or answer.get("errors") or answer["__typename"]
            raise GiveUp(f"Dagster did not launch {job}: {said}")
        return str(answer["run"]["runId"])

    def runs(self, *, since: float, job: str | None = None) -> Sequence[Run]:
        """Runs created since, newest first."""
        wanted: dict[str, Any] = {"createdAfter": since, **({"pipelineName": job} if job else {})}
        answer = self._ask(_RUNS, {"filter": wanted, "limit": 200})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise GiveUp(f"Dagster cannot list its runs: {answer.get('message', answer['__typename'])}")
        return [_run(row) for row in answer["results"]]

    def wait(self, run_id: str, *, since: float, seconds: float, look: Callable[[], None]) -> Run:
        """Until the run is over. Raises GiveUp when it did not succeed or took longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = next((run for run in self.runs(since=since) if run.run_id == run_id), None)
            if run is not None and run.over:
                if run.status != "SUCCESS":
                    raise GiveUp(f"the Dagster run {run_id} ({run.job}) ended with {run.status}; its log is in the Dagster UI")
                return run
            look()
            time.sleep(0.2)
        raise GiveUp(f"the Dagster run {run_id} was not over after {seconds:.0f} s")

    def close(self) -> None:
        self._http.close()

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._http.post("/graphql", json={"query": query, "variables": variables})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Later(f"the Dagster webserver does not answer ({type(error).__name__}); see `zamc logs webserver`") from None
        read = answer.json()
        if read.get("errors"):
            raise GiveUp(f"Dagster refused a query: {read['errors'][0]['message']}")
        data: dict[str, Any] = read["data"]
        return data


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Seconds in which at least one of the intervals (begin, end) was under way."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def _run(row: dict[str, Any]) -> Run:
    bodies = tuple((float(step["startTime"]), float(step["endTime"])) for step in row["stepStats"] if step["endTime"] and step["startTime"])
    return Run(row["runId"], row["jobName"], row["status"], float(row["creationTime"]), row["endTime"], bodies)
