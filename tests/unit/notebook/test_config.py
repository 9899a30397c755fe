from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jupyterlab_server.settings_utils import get_settings
from traitlets.config import PyFileConfigLoader

import lab_kit.notebook

CONFIG = Path(lab_kit.notebook.__file__).parent / "config"
LAB = Path(sys.prefix) / "share" / "jupyter" / "lab"


def test_every_kernel_loads_the_extension() -> None:
    loaded = PyFileConfigLoader("ipython_kernel_config.py", str(CONFIG)).load_config()
    assert loaded.InteractiveShellApp.extensions == ["lab_kit.notebook.extension"]


def test_the_kernel_does_not_alarm_with_what_binds_to_loopback_only() -> None:
    loaded = PyFileConfigLoader("ipython_kernel_config.py", str(CONFIG)).load_config()
    assert loaded.IPKernelApp.log_level == "ERROR"


def test_websockets_are_asked_for_an_answer_no_longer_than_they_are_pinged() -> None:
    """Tornado warns of the defaults of Jupyter's server at each connection."""
    server = json.loads((CONFIG / "jupyter_server_config.json").read_text())["ServerApp"]
    given = server["tornado_settings"]
    assert given["ws_ping_timeout"] <= given["ws_ping_interval"]


def test_cells_show_the_line_numbers_that_messages_name() -> None:
    overrides = json.loads((CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    cells = overrides["@jupyterlab/notebook-extension:tracker"]["codeCellConfig"]
    assert cells["lineNumbers"] is True


@pytest.mark.parametrize("path", sorted(CONFIG.rglob("*.json")), ids=lambda p: p.name)
def test_settings_are_json(path: Path) -> None:
    assert json.loads(path.read_text())


def test_every_overridden_setting_is_one_that_jupyterlab_knows() -> None:
    """A plugin that was renamed would leave its setting without effect, and without a word."""
    overrides = json.loads((CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    extensions = [str(LAB.parent / "labextensions")]
    schemas = str(LAB / "schemas")
    for plugin, values in overrides.items():
        settings, _ = get_settings(
            str(LAB), schemas, "", schema_name=plugin, labextensions_path=extensions
        )
        assert set(values) <= set(settings["schema"]["properties"]), plugin


def test_widget_state_is_never_stored() -> None:
    overrides = json.loads((CONFIG / "labconfig" / "default_setting_overrides.json").read_text())
    assert overrides["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": False}
    converter = json.loads((CONFIG / "jupyter_nbconvert_config.json").read_text())
    assert converter == {"NotebookClient": {"store_widget_state": False}}
