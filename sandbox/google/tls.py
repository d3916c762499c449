"""A self-signed certificate for loopback, made at start; clients trust it by GRPC_DEFAULT_SSL_ROOTS_FILE_PATH."""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """PEM bytes, and where the public half lies."""

    chain: bytes
    key: bytes
    path: Path


def make_certificate(folder: Path, host: str | None = None) -> Certificate:
    """Write cert.pem (and key.pem, mode 600) for localhost, 127.0.0.1, ::1 and `host` into `folder`, valid for a year.

    A pair that is still good for a day, and for `host`, is kept, so that clients which have read it go on working after a restart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    if cert_path.exists() and key_path.exists() and _still_good(cert_path, host):
        return Certificate(cert_path.read_bytes(), key_path.read_bytes(), cert_path)
    chain, key = _generate(host)
    _write(key_path, key, 0o600)
    _write(cert_path, chain, 0o644)
    return Certificate(chain, key, cert_path)


def _still_good(path: Path, host: str | None) -> bool:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    return certificate.not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=1) and (host is None or host in names)


def _generate(host: str | None) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    alternatives: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
        *([x509.DNSName(host)] if host else []),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem_key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), pem_key


def _write(path: Path, data: bytes, mode: int) -> None:
    # Replaced in one step, so that a client never reads half a certificate.
    partial = path.with_suffix(".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    partial.replace(path)
