import { useCallback, useEffect, useRef, useState } from "react";

import { SignedOut, Unreachable } from "./api";

export interface Refreshed<T> {
  /** The newest answer; it stays while newer looks fail. */
  data: T | undefined;
  /** When that answer came. */
  at: Date | undefined;
  /** Why the last look failed; undefined when it did not. */
  error: Error | undefined;
  /** Look again now. */
  refresh: () => Promise<void>;
}

const LONGEST_SECONDS = 60;

/** Asks again every few seconds while the page is seen, less often while nobody answers, and at once when page or network come back. */
export function useRefresh<T>(load: (signal: AbortSignal) => Promise<T>, seconds: number, onSignedOut: () => void): Refreshed<T> {
  const [state, setState] = useState<Omit<Refreshed<T>, "refresh">>({ data: undefined, at: undefined, error: undefined });
  const failures = useRef(0);
  const running = useRef<AbortController>(undefined);
  const signedOut = useRef(onSignedOut);
  signedOut.current = onSignedOut;

  const refresh = useCallback(async (): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    try {
      const data = await load(controller.signal);
      if (controller.signal.aborted) return;
      failures.current = 0;
      setState({ data, at: new Date(), error: undefined });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error instanceof SignedOut) return signedOut.current();
      failures.current += 1;
      setState((known) => ({ ...known, error: error instanceof Error ? error : new Error(String(error)) }));
    } finally {
      if (running.current === controller) running.current = undefined;
    }
  }, [load]);

  useEffect(() => {
    let timer: number | undefined;
    let stopped = false;
    const turn = async (): Promise<void> => {
      window.clearTimeout(timer);
      if (!document.hidden) await refresh();
      window.clearTimeout(timer);
      if (!stopped) timer = window.setTimeout(turn, Math.min(seconds * 2 ** failures.current, LONGEST_SECONDS) * 1000);
    };
    const now = (): void => {
      if (!document.hidden) void turn();
    };
    void turn();
    document.addEventListener("visibilitychange", now);
    window.addEventListener("online", now);
    return () => {
      stopped = true;
      window.clearTimeout(timer);
      running.current?.abort();
      document.removeEventListener("visibilitychange", now);
      window.removeEventListener("online", now);
    };
  }, [refresh, seconds]);

  return { ...state, refresh };
}

/** Why a look failed, for people. */
export function inWords(error: Error): string {
  return error instanceof Unreachable ? "There is no connection to ZAMC." : error.message;
}
