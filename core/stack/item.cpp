// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/item.h"

namespace strata::stack {

const char* toString(Layer layer)
{
    switch (layer) {
    case Layer::BareMetal:
        return "Bare metal";
    case Layer::OuterK8s:
        return "Outer K8s";
    case Layer::Vm:
        return "KubeVirt VMs";
    case Layer::InnerK8s:
        return "Nested K8s";
    case Layer::Workload:
        return "Workload";
    }
    return "";
}

const char* toString(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Host:
        return "host";
    case ItemKind::OuterNode:
        return "outer-node";
    case ItemKind::Vm:
        return "vm";
    case ItemKind::InnerNode:
        return "inner-node";
    case ItemKind::Workload:
        return "workload";
    case ItemKind::TenantCluster:
        return "tenant-cluster";
    case ItemKind::ControlPlane:
        return "control-plane";
    case ItemKind::WorkerPool:
        return "worker-pool";
    case ItemKind::Machine:
        return "machine";
    case ItemKind::Domain:
        return "domain";
    case ItemKind::Placeholder:
        return "placeholder";
    }
    return "";
}

const char* toString(Health health)
{
    switch (health) {
    case Health::Ok:
        return "ok";
    case Health::Progressing:
        return "progressing";
    case Health::Unknown:
        return "unknown";
    case Health::Warning:
        return "warning";
    case Health::Failed:
        return "failed";
    }
    return "";
}

} // namespace strata::stack
