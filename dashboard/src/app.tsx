import { useCallback, useEffect, useMemo, useState } from "react";

import { Api } from "./api";
import { confirmAddress, hasSession, type Link, linkOf, redeem, signOut } from "./identity";
import { ChoosePassword } from "./password";
import { Projects } from "./projects";
import { savedKey, saveKey, SESSION } from "./session";
import { SignIn } from "./sign-in";

// Taken out of the address at once: it is good once, and nobody shall find it in the history.
const link: Link | undefined = linkOf(window.location.hash);
if (link) window.history.replaceState(null, "", window.location.pathname);

/** Signed in or not: everything else is below. */
export function App() {
  const [key, setKey] = useState(savedKey);
  const [notice, setNotice] = useState("");
  const [choosing, setChoosing] = useState(link?.purpose === "reset" || link?.purpose === "invite");
  const api = useMemo(() => new Api(key), [key]);

  const signIn = useCallback((accepted: string): void => {
    saveKey(accepted);
    setNotice("");
    setKey(accepted);
  }, []);
  const leave = useCallback(
    (why: string): void => {
      // What the server cannot be told now ends by itself.
      if (key === SESSION) signOut().catch(() => undefined);
      saveKey("");
      setNotice(why);
      setKey("");
    },
    [key],
  );

  useEffect(() => {
    const begin = async (): Promise<void> => {
      if (link?.purpose === "sign_in") {
        await redeem(link.token);
        signIn(SESSION);
      } else if (link?.purpose === "verify") {
        await confirmAddress(link.token);
        setNotice("Your address is confirmed.");
      } else if (!link && !savedKey() && (await hasSession())) {
        signIn(SESSION);
      }
    };
    begin().catch((error: Error) => (link ? setNotice(error.message) : undefined));
  }, [signIn]);

  if (choosing && link) {
    const done = (): void => {
      setChoosing(false);
      setNotice("Your password is kept. Sign in with it.");
    };
    return <ChoosePassword token={link.token} onDone={done} />;
  }
  if (!key) return <SignIn notice={notice} onSignIn={signIn} />;
  return <Projects api={api} onSignedOut={leave} />;
}
