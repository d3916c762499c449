import { type FormEvent, useEffect, useRef, useState } from "react";

import { Api, SignedOut } from "./api";
import { PasswordForm } from "./password";
import { SESSION } from "./session";
import { inWords } from "./use-refresh";

interface Props {
  notice: string;
  onSignIn: (key: string) => void;
}

/** A key is tried before it is kept. */
export function SignIn({ notice, onSignIn }: Props) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = "Sign in – ZAMC";
    field.current?.focus();
  }, []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const pasted = key.trim();
    // Anything else cannot be sent as a header, so that it would look like a broken connection.
    if (!/^[\x21-\x7e]+$/.test(pasted)) {
      setProblem(pasted ? "A key has no spaces and no special letters: paste it as it was printed." : "Paste your API key.");
      field.current?.focus();
      return;
    }
    setBusy(true);
    setProblem("");
    try {
      await new Api(pasted).projects();
      onSignIn(pasted);
    } catch (error) {
      setBusy(false);
      setProblem(error instanceof SignedOut ? error.message : `${inWords(error as Error)} Try again.`);
      field.current?.focus();
    }
  };

  return (
    <main className="sign-in">
      <p className="mark">ZAMC</p>
      <h1>Sign in</h1>
      {notice && (
        <p className="notice" role="status">
          {notice}
        </p>
      )}
      <form onSubmit={(event) => void submit(event)} noValidate>
        <label htmlFor="key">API key</label>
        <input
          id="key"
          ref={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-invalid={problem !== ""}
          aria-describedby={problem ? "key-problem key-help" : "key-help"}
        />
        {problem && (
          <p id="key-problem" className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary" aria-disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
      </form>
      <p id="key-help" className="help">
        Your operator makes a key with <code>zamc api-key</code>. It stays in this tab and is forgotten when you close it.
      </p>
      <PasswordForm onSignIn={() => onSignIn(SESSION)} />
    </main>
  );
}
