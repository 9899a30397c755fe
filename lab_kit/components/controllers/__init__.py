"""Make a cluster's objects come true: deployments become pods, and pods run.

Every controller here is a client of the API, so it works against any API server that has none.
"""

from lab_kit.components.controllers.images import Images, Program, Simulated
from lab_kit.components.controllers.network import Network
from lab_kit.components.controllers.plane import ControlPlane

__all__ = ["ControlPlane", "Images", "Network", "Program", "Simulated"]
