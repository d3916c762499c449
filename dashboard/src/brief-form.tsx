import { type FormEvent, useEffect, useRef, useState } from "react";

import { type Api, type Project, SignedOut, type Strategy, Unreachable } from "./api";
import { exampleBrief, lineOf, rangeOf, shownField } from "./brief";
import { saveDraft, savedDraft } from "./session";

interface Props {
  api: Api;
  project: Project;
  known: readonly Strategy[] | undefined;
  refresh: () => Promise<void>;
  onSignedOut: () => void;
}

interface Problem {
  /** The field in the writer's words; empty when the problem is not one field's. */
  field: string;
  sentence: string;
  line: number | null;
}

/** Hand in a brief. An error names its field, and the text is selected where that field stands. */
export function BriefForm({ api, project, known, refresh, onSignedOut }: Props) {
  const [text, setText] = useState(() => savedDraft(project.id));
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState("");
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<boolean | undefined>(text !== "" || undefined);
  const area = useRef<HTMLTextAreaElement>(null);
  const summary = useRef<HTMLElement>(null);

  useEffect(() => saveDraft(project.id, text), [project.id, text]);

  const show = (found: Problem): void => {
    setProblem(found);
    area.current?.focus();
    if (found.line !== null) area.current?.setSelectionRange(...rangeOf(text, found.line));
    scrollToLine(area.current, found.line);
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setDone("");
    setProblem(undefined);
    if (!text.trim()) return show({ field: "", sentence: "Write a brief first, or begin with the example.", line: null });
    setBusy(true);
    try {
      const answer = await api.request(project.id, text);
      if (answer.__typename === "StrategyRequested") {
        const again = known?.some((strategy) => strategy.id === answer.strategy.id);
        setDone(again ? `“${answer.strategy.name}” was handed in before; nothing new was started.` : `“${answer.strategy.name}” is handed in.`);
        setText("");
        // The form makes room for what became of it.
        setOpen(false);
        summary.current?.focus();
        await refresh();
      } else if (answer.__typename === "InvalidInputError") {
        const line = lineOf(text, answer.field, answer.message);
        show({ field: shownField(answer.field), sentence: answer.message.replace(/^line \d+: /, ""), line });
      } else {
        show({ field: "", sentence: answer.message, line: null });
      }
    } catch (error) {
      if (error instanceof SignedOut) return onSignedOut();
      const sentence =
        error instanceof Unreachable
          ? "The connection broke before ZAMC answered. Hand it in again: the same brief twice is one strategy."
          : (error as Error).message;
      show({ field: "", sentence, line: null });
    } finally {
      setBusy(false);
    }
  };

  return (
    <section aria-label="Hand in a brief">
      {/* A project without strategies begins with the form open; from then on the reader decides. */}
      <details className="brief" open={open ?? known?.length === 0} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary ref={summary}>
          <h2>Hand in a brief</h2>
        </summary>
        <form onSubmit={(event) => void submit(event)} noValidate>
          <div className="title">
            <label htmlFor="brief">Brief, as YAML</label>
            <button
              type="button"
              onClick={() => {
                setText(exampleBrief(new Date()));
                setProblem(undefined);
                area.current?.focus();
              }}
              hidden={text.trim() !== ""}
            >
              Begin with an example
            </button>
          </div>
          <textarea
            id="brief"
            ref={area}
            rows={16}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            wrap="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-invalid={problem !== undefined}
            aria-describedby={problem ? "brief-problem brief-help" : "brief-help"}
          />
          {problem && (
            <p id="brief-problem" className="problem" role="alert">
              {problem.field && <strong>{problem.field} </strong>}
              {problem.sentence}
              {problem.line !== null && ` (line ${problem.line})`}
            </p>
          )}
          <p id="brief-help" className="help">
            Of a brief file, paste what stands under <code>brief:</code>. Amounts are texts in quotes, days are written 2027-03-01.
          </p>
          <button type="submit" className="primary" aria-disabled={busy}>
            {busy ? "Handing in …" : "Hand in"}
          </button>
        </form>
      </details>
      <p className="done" role="status">
        {done}
      </p>
    </section>
  );
}

/** Brings a line (from 1) into the middle of the field; a selection alone does not scroll everywhere. */
function scrollToLine(area: HTMLTextAreaElement | null, line: number | null): void {
  if (!area || line === null) return;
  const height = area.scrollHeight / Math.max(area.value.split("\n").length, 1);
  area.scrollTop = Math.max(0, height * line - area.clientHeight / 2);
  area.scrollLeft = 0;
}
