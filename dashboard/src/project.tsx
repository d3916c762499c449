import { useCallback, useEffect, useRef, useState } from "react";

import type { Api, Project } from "./api";
import { BriefForm } from "./brief-form";
import { PauseButton } from "./pause";
import { Strategies } from "./strategies";
import { inWords, useRefresh } from "./use-refresh";
import { changes, timeOfDay } from "./words";

const REFRESH_SECONDS = 4;

interface Props {
  api: Api;
  project: Project;
  onSignedOut: () => void;
}

/** One project: its strategies as they are now, a way to add one, and the button that stops everything. */
export function ProjectView({ api, project, onSignedOut }: Props) {
  const [pages, setPages] = useState(1);
  const load = useCallback((signal: AbortSignal) => api.strategies(project.id, pages, signal), [api, project.id, pages]);
  const { data, at, error, refresh } = useRefresh(load, REFRESH_SECONDS, onSignedOut);
  const heading = useRef<HTMLHeadingElement>(null);
  const news = useNews(data?.strategies);
  const may = (permission: string): boolean => project.permissions.includes(permission);

  useEffect(() => {
    heading.current?.focus();
  }, []);
  useEffect(() => {
    document.title = `${project.name} – ZAMC`;
  }, [project.name]);

  return (
    <>
      <div className="title">
        <h1 ref={heading} tabIndex={-1}>
          {project.name}
        </h1>
        {may("pause_project") && <PauseButton api={api} project={project} known={data} refresh={refresh} onSignedOut={onSignedOut} />}
      </div>
      {error && (
        <p className="problem" role="alert">
          {inWords(error)} {at ? `What you see is from ${timeOfDay(at)}.` : ""} Trying again by itself.
        </p>
      )}
      {may("request_strategy") ? (
        <BriefForm api={api} project={project} known={data?.strategies} refresh={refresh} onSignedOut={onSignedOut} />
      ) : (
        <p className="help">As {project.role} you can look at this project, not change it.</p>
      )}
      <section aria-labelledby="strategies">
        <div className="title">
          <h2 id="strategies">Strategies</h2>
          {at && !error && <p className="help">Updated {timeOfDay(at)}</p>}
        </div>
        {data ? <Strategies {...data} onMore={() => setPages(pages + 1)} /> : !error && <p role="status">Loading …</p>}
      </section>
      <p className="unseen" role="status">
        {news}
      </p>
    </>
  );
}

/** What changed since the last look, for a screen reader. */
function useNews(strategies: Parameters<typeof changes>[1] | undefined): string {
  const before = useRef<Parameters<typeof changes>[0]>(undefined);
  const [news, setNews] = useState("");
  useEffect(() => {
    if (!strategies) return;
    const sentences = changes(before.current, strategies);
    before.current = strategies;
    if (sentences.length > 0) setNews(sentences.length > 4 ? `${sentences.length} changes in this project.` : sentences.join(" "));
  }, [strategies]);
  return news;
}
