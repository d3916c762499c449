import { useCallback, useEffect, useSyncExternalStore } from "react";

import type { Api, Project } from "./api";
import { ProjectView } from "./project";
import { forget } from "./session";
import { inWords, useRefresh } from "./use-refresh";

const REFRESH_SECONDS = 60;

interface Props {
  api: Api;
  onSignedOut: (why: string) => void;
}

/** The shell of every signed-in page: which projects there are, and the one that the address names. */
export function Projects({ api, onSignedOut }: Props) {
  const expired = useCallback(() => onSignedOut(api.over), [api, onSignedOut]);
  const { data: projects, error } = useRefresh(
    useCallback((signal: AbortSignal) => api.projects(signal), [api]),
    REFRESH_SECONDS,
    expired,
  );
  const named = useSyncExternalStore(onAddress, projectOfAddress);
  const chosen = projects?.find((project) => project.id === named) ?? (projects?.length === 1 ? projects[0] : undefined);

  return (
    <>
      <a className="skip" href="#main" onClick={toMain}>
        Skip to content
      </a>
      <header>
        <p className="mark">ZAMC</p>
        <button
          type="button"
          onClick={() => {
            onSignedOut("You are signed out.");
            forget();
          }}
        >
          Sign out
        </button>
      </header>
      <div className="columns">
        {projects && projects.length > 1 && chosen && <Navigation projects={projects} chosen={chosen} />}
        <main id="main" tabIndex={-1}>
          {chosen ? (
            <ProjectView key={chosen.id} api={api} project={chosen} onSignedOut={expired} />
          ) : (
            <Choice projects={projects} error={error} />
          )}
        </main>
      </div>
    </>
  );
}

function Navigation({ projects, chosen }: { projects: readonly Project[]; chosen?: Project }) {
  return (
    <nav aria-label="Projects">
      <ul>
        {projects.map((project) => (
          <li key={project.id}>
            <a href={`#/projects/${project.id}`} aria-current={project.id === chosen?.id ? "page" : undefined}>
              {project.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Choice({ projects, error }: { projects: readonly Project[] | undefined; error: Error | undefined }) {
  useEffect(() => {
    document.title = "Projects – ZAMC";
  }, []);
  if (projects && projects.length > 0) {
    return (
      <>
        <h1>Projects</h1>
        <p>Choose a project to see its campaigns.</p>
        <Navigation projects={projects} />
      </>
    );
  }
  if (projects) {
    return (
      <>
        <h1>No projects yet</h1>
        <p>This key has a role in no project. Your operator gives it one:</p>
        <p>
          <code>zamc api-key --email you@example.org --project "Name" --role owner</code>
        </p>
      </>
    );
  }
  return (
    <>
      <h1>Projects</h1>
      {error ? (
        <p className="problem" role="alert">
          {inWords(error)} Trying again by itself.
        </p>
      ) : (
        <p role="status">Loading …</p>
      )}
    </>
  );
}

// The address keeps the project, so that a reload and the back button do what they promise.
function onAddress(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

function projectOfAddress(): string {
  return /^#\/projects\/([0-9a-f-]{36})$/.exec(window.location.hash)?.[1] ?? "";
}

function toMain(event: { preventDefault: () => void }): void {
  event.preventDefault(); // #main would replace the project in the address
  document.getElementById("main")?.focus();
}
