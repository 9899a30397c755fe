"""Let every kernel of this environment know `%%exercise`; belongs in <venv>/etc/ipython."""

from typing import Any

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - IPython gives it
c.IPKernelApp.log_level = "ERROR"  # its warnings are about what binds to loopback only
c.InteractiveShellApp.extensions = ["lab_kit.notebook.extension"]
