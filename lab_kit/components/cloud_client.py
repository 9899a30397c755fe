"""Make boto3 clients that talk to one endpoint and to nothing else on this machine's settings."""

from __future__ import annotations

import io
import threading
from typing import Any

from lab_kit.errors import Unavailable

KEY = "lab"


class Clients:
    """Make and keep one client per service."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region
        self._made: dict[str, Any] = {}
        self._session: Any = None
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the client of a service, the same one each time; clients are thread-safe."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def close(self) -> None:
        """Close every client's connections."""
        with self._lock:
            made, self._made = list(self._made.values()), {}
        for client in made:
            client.close()

    def _make(self, service: str) -> Any:
        try:
            import boto3
            from botocore.config import Config
            from botocore.session import Session
        except ImportError as missing:
            raise Unavailable(
                "The cloud's client could not be made: boto3 is not installed.",
                str(missing),
                "Run `./lab`, which installs what is missing.",
            ) from missing
        if self._session is None:
            # A profile, a config file or a proxy of this machine's user has no say here.
            none: Any = (None, None, None, None)
            plain = Session({"profile": none, "config_file": none, "credentials_file": none})
            self._session = boto3.Session(
                botocore_session=plain, aws_access_key_id=KEY, aws_secret_access_key=KEY,
                region_name=self._region,
            )  # fmt: skip
        config = Config(
            retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=64,
            connect_timeout=5, read_timeout=1000, s3={"addressing_style": "path"},
        )  # fmt: skip
        client = self._session.client(service, endpoint_url=self._url, config=config)
        if service == "lambda":
            client.meta.events.register("after-call.lambda.Invoke", _read_payload)
        return client


def _read_payload(parsed: dict[str, Any], **_: object) -> None:
    """Read an answer whole: most callers of an asynchronous invocation never do."""
    from botocore.response import StreamingBody

    if "Payload" in parsed:
        content = parsed["Payload"].read()
        parsed["Payload"] = StreamingBody(io.BytesIO(content), len(content))
