// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/controllers.h"

#include "core/demosite/controllers/capi.h"
#include "core/demosite/controllers/changes.h"
#include "core/demosite/controllers/operators.h"
#include "core/demosite/controllers/topology.h"

namespace strata::demosite {
namespace {

void equipEvery(Site& site, Store& store, bool life)
{
    addGarbageCollector(site, store);
    addNamespaceController(site, store);
    addDeploymentController(site, store);
    addDaemonSetController(site, store);
    addStatefulSetController(site, store);
    addJobControllers(site, store);
    addEndpointsController(site, store);
    addCertificateSigner(site, store);
    addDisruptionController(site, store);
    addScheduler(site, store);
    addKubelet(site, store);
    addNodeController(site, store, life);
    if (life)
        addEventExpiry(site, store);
}

} // namespace

void equipOuter(Site& site, bool life)
{
    equipEvery(site, site.outer, life);
    if (!life)
        return;
    addLoadBalancer(site);
    addTopologyController(site);
    addClusterController(site);
    addKubevirtClusterController(site);
    addKubeadmControlPlaneController(site);
    addKubeadmConfigController(site);
    addMachineDeploymentController(site);
    addMachineSetController(site);
    addMachineController(site);
    addMachineHealthCheckController(site);
    addClusterResourceSetController(site);
    addKubevirtMachineController(site);
    addVirtualMachineController(site);
    addVirtualMachineInstanceController(site);
    addDataVolumeController(site);
    addMigrationController(site);
    addVmCopies(site);
    addLiveUpdate(site);
    addDataImportCrons(site);
    addGuests(site);
    addOperators(site);
}

void equipTenant(Site& site, Cluster& cluster, bool life)
{
    Store& store = cluster.store();
    equipEvery(site, store, life);
    const Key* const tenant = site.tenants.of(store);
    if (!life || tenant == nullptr)
        return;
    addCloudProvider(site, store, *tenant);
    for (Controller* const controller : site.byNode)
        site.manager.watch(store, coreKind("nodes"), *controller,
                           [ns = tenant->ns](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                               enqueue({ns, event.object->name});
                           });
    // The control plane's health is that of its static pods.
    if (const auto planes = site.named.find("kubeadmcontrolplanes"); planes != site.named.end())
        site.manager.watch(store, coreKind("pods"), *planes->second,
                           [&site, key = *tenant](const StoreEvent& event, const Manager::Enqueue& enqueue) {
                               if (lookUp(event.object->labels, "tier") != "control-plane")
                                   return;
                               for (const ObjectPtr& plane : capi::labelled(
                                        site.outer, kindOf("kubeadmcontrolplanes"), key.ns, key.name))
                                   enqueue({plane->ns, plane->name});
                           });
}

} // namespace strata::demosite
