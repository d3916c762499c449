import { useRef, useState } from "react";

import { type Api, type Project, SignedOut, type Strategy, Unreachable } from "./api";
import { count, isOff } from "./words";

interface Props {
  api: Api;
  project: Project;
  known: { strategies: readonly Strategy[]; more: boolean } | undefined;
  refresh: () => Promise<void>;
  onSignedOut: () => void;
}

interface Outcome {
  sentence: string;
  well: boolean;
}

/** The button that stops a project's spending, its confirmation, and what the platforms acknowledged. */
export function PauseButton({ api, project, known, refresh, onSignedOut }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();

  const open = (): void => {
    if (!busy) setOutcome(undefined);
    dialog.current?.showModal();
  };

  const pause = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setOutcome(undefined);
    try {
      const answer = await api.pause(project.id);
      if (answer.__typename !== "ProjectPaused") setOutcome({ sentence: answer.message, well: false });
      else setOutcome({ sentence: acknowledged(answer.paused, answer.waiting), well: answer.waiting === 0 });
      await refresh();
    } catch (error) {
      if (error instanceof SignedOut) return onSignedOut();
      const broke = "The connection broke before ZAMC answered, so nobody knows here whether the pause arrived. Pause again: it is safe.";
      setOutcome({ sentence: error instanceof Unreachable ? broke : (error as Error).message, well: false });
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <button type="button" className="danger" onClick={open} aria-haspopup="dialog">
        Pause everything in this project
      </button>
      <dialog ref={dialog} aria-labelledby="pause-title" aria-describedby="pause-text">
        <h2 id="pause-title">{outcome?.well ? `Pause everything in ${project.name}: done` : `Pause everything in ${project.name}?`}</h2>
        <p id="pause-text">
          {!outcome?.well && `${onNow(known)} Pauses are sent to the platforms at once, and ZAMC waits until they confirm them. `}
          A brief that has no campaigns yet is not held back by this.
        </p>
        <p role="status" className={outcome ? (outcome.well ? "done" : "problem") : undefined}>
          {busy ? "Waiting for the platforms to confirm …" : outcome?.sentence}
        </p>
        <div className="buttons">
          <button type="button" autoFocus onClick={() => dialog.current?.close()}>
            {outcome || busy ? "Close" : "Keep running"}
          </button>
          {!outcome?.well && (
            <button type="button" className="danger" onClick={() => void pause()} aria-disabled={busy}>
              {outcome ? "Pause again" : "Pause everything"}
            </button>
          )}
        </div>
      </dialog>
    </>
  );
}

function onNow(known: Props["known"]): string {
  if (!known || known.more) return "Every campaign of this project is paused.";
  const on = known.strategies.flatMap((strategy) => strategy.deployments).filter((deployment) => !isOff(deployment)).length;
  if (on === 0) return "No campaign of this project is on.";
  return `${count(on, "campaign is", "campaigns are")} on or on the way.`;
}

/** What came back, for people. */
export function acknowledged(paused: number, waiting: number): string {
  const done = paused > 0 ? `The platforms confirmed ${count(paused, "pause", "pauses")}.` : "Nothing was on, so nothing had to be paused.";
  if (waiting === 0) return done;
  const confirmed = paused > 0 ? `${done} ` : "";
  return `${confirmed}${count(waiting, "pause is", "pauses are")} not confirmed yet and will be sent again until they are.`;
}
