import { type FormEvent, useState } from "react";

import { askReset, choosePassword, CodeNeeded, signIn } from "./identity";

/** Address and password, and a code once the server asks for one. */
export function PasswordForm({ onSignIn }: { onSignIn: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);

  const run = async (work: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setSaid("");
    try {
      await work();
    } catch (error) {
      if (error instanceof CodeNeeded) setAsksCode(true);
      setSaid((error as Error).message);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await signIn(email, password, code);
      onSignIn();
    });
  };
  const forgot = (): void => {
    void run(async () => {
      if (!email.trim()) throw new Error("Write your address first.");
      await askReset(email);
      setSaid("If there is such a user, a mail is on its way.");
    });
  };

  return (
    <form onSubmit={submit} noValidate aria-label="With a password">
      <h2>With a password</h2>
      <label htmlFor="email">Address</label>
      <input id="email" type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
      <label htmlFor="password">Password</label>
      <input
        id="password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {asksCode && (
        <>
          <label htmlFor="code">Code of your second factor, or a recovery code</label>
          <input id="code" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.target.value)} />
        </>
      )}
      {said && (
        <p className="problem" role="alert">
          {said}
        </p>
      )}
      <button type="submit" className="primary" aria-disabled={busy}>
        Continue
      </button>
      <button type="button" onClick={forgot} aria-disabled={busy}>
        Forgot your password?
      </button>
    </form>
  );
}

/** After a link of a reset or an invitation. */
export function ChoosePassword({ token, onDone }: { token: string; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      await choosePassword(token, password);
      onDone();
    } catch (error) {
      setProblem(`Your password: ${(error as Error).message}`);
    }
  };

  return (
    <main className="sign-in">
      <p className="mark">ZAMC</p>
      <h1>Choose a password</h1>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <label htmlFor="new-password">New password</label>
        <input
          id="new-password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          aria-describedby="new-password-help"
        />
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary">
          Keep it
        </button>
      </form>
      <p id="new-password-help" className="help">
        15 characters at least: a few words that nobody would expect beside each other.
      </p>
    </main>
  );
}
