// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/live/tenantmanifests.h"

// A cluster in Cluster API v1beta1, as provider KubeVirt's own templates are written.
const char* const kCluster = R"(apiVersion: v1
kind: Namespace
metadata: {name: t1}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: t1, namespace: t1}
spec:
  clusterNetwork:
    pods: {cidrBlocks: [10.243.0.0/16]}
    services: {cidrBlocks: [10.95.0.0/16]}
  infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: KubevirtCluster, name: t1, namespace: t1}
  controlPlaneRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta1, kind: KubeadmControlPlane, name: t1-cp, namespace: t1}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1
kind: KubevirtCluster
metadata: {name: t1, namespace: t1}
spec: {controlPlaneServiceTemplate: {spec: {type: LoadBalancer}}}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1
kind: KubevirtMachineTemplate
metadata: {name: t1-v1, namespace: t1}
spec:
  template:
    spec:
      virtualMachineBootstrapCheck: {checkStrategy: ssh}
      virtualMachineTemplate:
        metadata: {namespace: t1}
        spec:
          runStrategy: Always
          template:
            spec:
              evictionStrategy: External
              domain:
                cpu: {cores: 2}
                memory: {guest: 4Gi}
                devices:
                  disks: [{name: containervolume, disk: {bus: virtio}}]
                  interfaces: [{name: default, masquerade: {}}]
              networks: [{name: default, pod: {}}]
              volumes: [{name: containervolume, containerDisk: {image: "quay.io/capk/ubuntu-2204-container-disk:v1.32.1"}}]
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata: {name: t1-cp, namespace: t1}
spec:
  replicas: 1
  version: v1.32.1
  machineTemplate:
    infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: KubevirtMachineTemplate, name: t1-v1, namespace: t1}
  kubeadmConfigSpec:
    clusterConfiguration: {networking: {dnsDomain: t1.t1.local, podSubnet: 10.243.0.0/16, serviceSubnet: 10.95.0.0/16}}
    initConfiguration: {nodeRegistration: {criSocket: "unix:///var/run/containerd/containerd.sock"}}
    joinConfiguration: {nodeRegistration: {criSocket: "unix:///var/run/containerd/containerd.sock"}}
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta1
kind: KubeadmConfigTemplate
metadata: {name: t1-md, namespace: t1}
spec: {template: {spec: {joinConfiguration: {nodeRegistration: {kubeletExtraArgs: {}}}}}}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: {name: t1-md, namespace: t1}
spec:
  clusterName: t1
  replicas: 1
  selector: {matchLabels: }
  template:
    spec:
      clusterName: t1
      version: v1.32.1
      bootstrap:
        configRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta1, kind: KubeadmConfigTemplate, name: t1-md, namespace: t1}
      infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1alpha1, kind: KubevirtMachineTemplate, name: t1-v1, namespace: t1}
)";

const char* const kNetwork = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system, labels: {k8s-app: calico-node}}
spec:
  selector: {matchLabels: {k8s-app: calico-node}}
  template:
    metadata: {labels: {k8s-app: calico-node}}
    spec:
      hostNetwork: true
      tolerations: [{operator: Exists}]
      containers: [{name: calico-node, image: "docker.io/calico/node:v3.31.4"}]
)";
