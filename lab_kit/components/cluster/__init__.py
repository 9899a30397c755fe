"""Give a lab a Kubernetes cluster, whichever stands behind it.

    with cluster() as found:
        found.needs("watch-410")
        config.load_kube_config(str(found.kubeconfig))
        namespace = found.namespace("shop")

Three can: the embedded API (the default), a real kube-apiserver with etcd, and a cluster of your
own. What one lacks, it says: a check that needs it is then not judged, with the reason.
"""

from lab_kit.components.cluster.choice import cluster
from lab_kit.components.cluster.found import Cluster

__all__ = ["Cluster", "cluster"]
