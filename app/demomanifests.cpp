// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demomanifests.h"

#include "core/base/timestamp.h"
#include "core/base/translate.h"
#include "core/demosite/platform.h"
#include "core/prepare/components.h"
#include "core/prepare/source.h"

#include <filesystem>
#include <fstream>

namespace strata::app {
namespace {

constexpr const char* kCalico =
    R"(# A stand-in for Calico on Strata's demo site: its names, nothing behind them.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: calico-node
  namespace: kube-system
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: calico-config
  namespace: kube-system
data:
  calico_backend: vxlan
  veth_mtu: "0"
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: calico-node
  namespace: kube-system
  labels:
    k8s-app: calico-node
spec:
  selector:
    matchLabels:
      k8s-app: calico-node
  template:
    metadata:
      labels:
        k8s-app: calico-node
    spec:
      hostNetwork: true
      serviceAccountName: calico-node
      tolerations:
      - operator: Exists
      containers:
      - name: calico-node
        image: quay.io/calico/node:v3.31.4
        env:
        - name: CALICO_IPV4POOL_CIDR
          value: 192.168.0.0/16
        - name: CALICO_IPV4POOL_VXLAN
          value: Always
        resources:
          requests:
            cpu: 250m
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: calico-kube-controllers
  namespace: kube-system
  labels:
    k8s-app: calico-kube-controllers
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: calico-kube-controllers
  template:
    metadata:
      labels:
        k8s-app: calico-kube-controllers
    spec:
      serviceAccountName: calico-node
      containers:
      - name: calico-kube-controllers
        image: quay.io/calico/kube-controllers:v3.31.4
)";

constexpr const char* kMetricsServer = R"(# A stand-in for metrics-server on Strata's demo site.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: metrics-server
  namespace: kube-system
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: metrics-server
  namespace: kube-system
  labels:
    k8s-app: metrics-server
spec:
  replicas: 1
  selector:
    matchLabels:
      k8s-app: metrics-server
  template:
    metadata:
      labels:
        k8s-app: metrics-server
    spec:
      serviceAccountName: metrics-server
      containers:
      - name: metrics-server
        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
        resources:
          requests:
            cpu: 100m
            memory: 200Mi
)";

} // namespace

Result<DemoManifests> writeDemoManifests(const std::string& folder)
{
    DemoManifests made{folder + "/calico.yaml", folder + "/metrics-server.yaml"};
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    for (const auto& [path, text] :
         {std::pair{made.calico, kCalico}, std::pair{made.metricsServer, kMetricsServer}}) {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << text;
        file.close();
        if (!file)
            return fail(ErrorKind::Io,
                        arguments(translate("DemoSite", "The demo site cannot write %1."), {path}));
    }
    return made;
}

Result<void> writeDemoBundle(const std::string& folder)
{
    prepare::Bundle bundle;
    bundle.folder = folder;
    bundle.made = formatRfc3339(systemNow());
    std::map<std::string, std::string> contents;
    for (const demosite::PlatformComponent& platform : demosite::platformManifests()) {
        prepare::BundleComponent component;
        component.id = platform.id;
        component.version = platform.version;
        for (const auto& [name, text] : platform.files) {
            prepare::BundleFile file;
            file.path = platform.id + "/" + platform.version + "/" + name;
            contents[file.path] = text;
            component.files.push_back(std::move(file));
        }
        bundle.components.push_back(std::move(component));
    }
    return prepare::writeBundle(bundle, contents);
}

} // namespace strata::app
