"""What somebody who uses the real platforms would have been given: a google-ads.yaml, a service account's key and a token file.

These name the sandbox's addresses, and nothing else differs: no code of ours knows of it.
"""

import json
from collections.abc import Mapping

import yaml

from cli.local.home import write_atomically
from cli.local.secrets import Secrets

# What the sandbox reads (`python -m sandbox --help`), by the name of the secret.
VARIABLES = {
    "SANDBOX_TOKEN": "sandbox-token",
    "SANDBOX_DEVELOPER_TOKEN": "sandbox-developer-token",
    "SANDBOX_CLIENT_ID": "sandbox-client-id",
    "SANDBOX_CLIENT_SECRET": "sandbox-client-secret",
    "SANDBOX_REFRESH_TOKEN": "sandbox-refresh-token",
    "SANDBOX_APP_SECRET": "sandbox-app-secret",
    "SANDBOX_MODEL_KEY": "sandbox-model-key",
}


def sandbox_environment(secrets: Secrets) -> dict[str, str]:
    """The credentials that the sandbox accepts."""
    return {variable: secrets.get(name) for variable, name in VARIABLES.items()}


def write_credentials(secrets: Secrets, ports: Mapping[str, int]) -> None:
    """secrets/google-ads.yaml and secrets/service-account.json. Raises OSError.

    A service account, because its key file names the address that gives out tokens; for other kinds Google's is built into the client.
    """
    account = secrets.path("service-account.json")
    address = f"http://127.0.0.1:{ports['sandbox-http']}/oauth2/token"
    known = json.loads(account.read_text(encoding="utf-8")) if account.exists() else {}
    if known.get("token_uri") != address:
        write_atomically(
            account,
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": "zamc-local",
                    "private_key_id": "local",
                    "private_key": known.get("private_key") or _private_key(),
                    "client_email": "zamc@zamc-local.iam.gserviceaccount.com",
                    "client_id": "1",
                    "token_uri": address,
                },
                indent=1,
            ),
        )
    google = {
        "endpoint": f"localhost:{ports['sandbox-google']}",
        "developer_token": secrets.get("sandbox-developer-token"),
        "json_key_file_path": str(account),
        "use_proto_plus": False,
    }
    write_atomically(secrets.path("google-ads.yaml"), yaml.safe_dump(google, sort_keys=False))


def _private_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
