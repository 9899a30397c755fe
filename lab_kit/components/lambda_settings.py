"""Describe a function as Lambda does: its code, its limits and its environment variables."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from lab_kit.errors import Unavailable, UsageError
from lab_kit.process import Limits, Program, zygote

REGION = "us-east-1"
ACCOUNT = "123456789012"
MAX_REQUEST = 6_291_456  # bytes of one synchronous request
SLACK_MB = 64  # over the memory: while an invocation runs, whoever drives it looks first
REPLACEABLE = {
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}
RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_EXECUTION_ENV",
}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@dataclass(frozen=True)
class Settings:
    """Hold one function's configuration; sizes in MB (MiB), times in seconds."""

    folder: Path
    handler: str
    name: str
    memory_mb: int
    timeout_s: float
    init_timeout_s: float
    tmp_mb: int
    environment: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise UsageError(
                f"There is no folder with code at {self.folder}.",
                "LambdaRuntime's first argument is the folder that holds the handler's file.",
                "Check the path.",
            )
        taken = sorted(name for name in self.environment if _reserved(name))
        if taken:
            raise UsageError(
                f"The environment variable {taken[0]} belongs to Lambda and cannot be set.",
                f"Reserved names in `environment`: {', '.join(taken)}.",
                "Choose another name, or leave it out: Lambda sets it itself.",
            )

    @property
    def arn(self) -> str:
        """Return the function's name as AWS writes it in full."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    def variables(self, environment_id: str, initialization_type: str) -> dict[str, str]:
        """Return the environment variables of one execution environment.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{environment_id}"
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **(CREDENTIALS if self.services else {}),
            **self.environment,
            "TZ": ":UTC",
            "_HANDLER": self.handler,
            "LAMBDA_TASK_ROOT": str(self.folder),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type,
        }

    def ports(self, ports: Sequence[int]) -> dict[str, str]:
        """Return the variables that tell the program where its loopback listeners are."""
        found = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{ports[0]}"}
        for name, port in zip(self.services, ports[1:], strict=True):
            found[name] = f"http://127.0.0.1:{port}"
        return found

    def start(self, environment_id: str, initialization_type: str) -> Program:
        """Start awslambdaric, AWS's own runtime client, in its own sandbox.

        While an invocation runs, the memory limit is kept by watching resident memory, as Lambda
        does; the zygote watches between invocations too, with some slack. The code folder is
        read-only and the working directory.
        """
        limits = Limits(
            data_mb=self.memory_mb + 1024,
            file_mb=self.tmp_mb,
            cpu_s=3600,
            threads=256,
            open_files=1024,
            scratch_mb=self.tmp_mb,
            rss_mb=self.memory_mb + SLACK_MB,
        )
        return zygote().program(
            [sys.executable, "-m", "awslambdaric", self.handler],
            cwd=self.folder,
            read=(self.folder,),
            env=self.variables(environment_id, initialization_type),
            limits=limits,
            inner=1 + len(self.services),
            inner_env=self.ports,
            tmp_mb=self.tmp_mb,
        )


def need_client() -> None:
    """Raise Unavailable unless AWS's runtime client is installed."""
    if find_spec("awslambdaric") is None:
        raise Unavailable(
            "AWS's Lambda runtime client, awslambdaric, is not installed.",
            "It has no build for this system, or the set-up was interrupted.",
            "Run `./lab doctor`; on macOS and Windows use the Binder link in README.md.",
        )


_dice = random.Random()  # an id has to be new, not secret, and the system's randomness is slow


def new_id() -> str:
    """Return a request id as Lambda writes it."""
    x = f"{_dice.getrandbits(128):032x}"
    return f"{x[:8]}-{x[8:12]}-4{x[13:16]}-a{x[17:20]}-{x[20:]}"


def new_trace_id() -> str:
    """Return a tracing header as Lambda makes one for a caller that sends none."""
    digits = f"{_dice.getrandbits(160):040x}"
    return f"Root=1-{int(time.time()):08x}-{digits[:24]};Parent={digits[24:]};Sampled=0"


def _reserved(name: str) -> bool:
    return name in RESERVED or (name.startswith("AWS_LAMBDA_") and name not in REPLACEABLE)
