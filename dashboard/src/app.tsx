import { useCallback, useMemo, useState } from "react";

import { Api } from "./api";
import { Projects } from "./projects";
import { savedKey, saveKey } from "./session";
import { SignIn } from "./sign-in";

/** Signed in or not: everything else is below. */
export function App() {
  const [key, setKey] = useState(savedKey);
  const [notice, setNotice] = useState("");
  const api = useMemo(() => new Api(key), [key]);

  const signIn = (accepted: string): void => {
    saveKey(accepted);
    setNotice("");
    setKey(accepted);
  };
  const leave = useCallback((why: string): void => {
    saveKey("");
    setNotice(why);
    setKey("");
  }, []);

  if (!key) return <SignIn notice={notice} onSignIn={signIn} />;
  return <Projects api={api} onSignedOut={leave} />;
}
