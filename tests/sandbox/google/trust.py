"""One certificate for a whole test process: gRPC reads its roots once, at the first secure channel."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sandbox.google.tls import make_certificate


@cache
def trusted_tls_dir() -> Path:
    """A folder whose certificate this process's gRPC trusts; every sandbox of the process is started with it."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-tls-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(make_certificate(folder).path)
    return folder
