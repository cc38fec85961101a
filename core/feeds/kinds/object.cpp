// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feeds/kinds/common.h"
#include "core/feeds/kinds/kinds.h"

// Kinds of which only phase, conditions and a few fields matter to a diagnosis. Names of the fields are those
// of the object where there is one.
namespace strata::feeds {
namespace {

stack::ObjectFact readCommon(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact;
    fact.meta = readMeta(object, apiVersion);
    fact.phase = object["status"]["phase"].text();
    fact.conditions = readConditions(object["status"]["conditions"]);
    return fact;
}

void take(stack::ObjectFact& fact, const char* name, const Json& value)
{
    if (std::string text = value.text(); !text.empty())
        fact.fields.emplace(name, std::move(text));
}

} // namespace

// infrastructure.cluster.x-k8s.io/v1alpha1 (cluster-api-provider-kubevirt
// api/v1alpha1/kubevirtcluster_types.go)
stack::ObjectFact readKubevirtCluster(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    fact.conditions = readClusterApiConditions(object);
    take(fact, "controlPlaneEndpoint.host", object["spec"]["controlPlaneEndpoint"]["host"]);
    take(fact, "controlPlaneServiceTemplate.spec.type",
         object["spec"]["controlPlaneServiceTemplate"]["spec"]["type"]);
    take(fact, "infraClusterSecretRef.name", object["spec"]["infraClusterSecretRef"]["name"]);
    take(fact, "infraClusterSecretRef.namespace", object["spec"]["infraClusterSecretRef"]["namespace"]);
    return fact;
}

// cdi.kubevirt.io/v1beta1 (containerized-data-importer staging/src/kubevirt.io/…/v1beta1/types.go)
stack::ObjectFact readDataVolume(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "claimName", object["status"]["claimName"]);
    take(fact, "progress", object["status"]["progress"]);
    take(fact, "restartCount", object["status"]["restartCount"]);
    return fact;
}

// core/v1
stack::ObjectFact readClaim(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "storageClassName", object["spec"]["storageClassName"]);
    take(fact, "volumeName", object["spec"]["volumeName"]);
    take(fact, "requiresDirectIo",
         object["metadata"]["annotations"]["cdi.kubevirt.io/storage.import.requiresDirectIo"]);
    return fact;
}

// kubevirt.io/v1
stack::ObjectFact readKubeVirt(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "observedKubeVirtVersion", object["status"]["observedKubeVirtVersion"]);
    take(fact, "targetKubeVirtVersion", object["status"]["targetKubeVirtVersion"]);
    return fact;
}

// cdi.kubevirt.io/v1beta1 CDI
stack::ObjectFact readCdi(const Json& object, const std::string& apiVersion)
{
    return readCommon(object, apiVersion);
}

// apps/v1
stack::ObjectFact readDeployment(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "replicas", object["spec"]["replicas"]);
    take(fact, "availableReplicas", object["status"]["availableReplicas"]);
    object["spec"]["template"]["spec"]["containers"].each([&fact](const Json& container) {
        take(fact, "image", container["image"]); // emplace: the first stays
    });
    return fact;
}

// core/v1 Event. The fields are what it is about and what it says; `created` is when it was first seen,
// "last" when last.
stack::ObjectFact readWarning(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact;
    fact.meta = readMeta(object, apiVersion);
    const stack::EventRow row = readEvent(object);
    fact.meta.created = row.first;
    if (row.last != 0)
        fact.fields.emplace("last", formatRfc3339(row.last));
    take(fact, "kind", object["involvedObject"]["kind"]);
    take(fact, "ns", object["involvedObject"]["namespace"]);
    take(fact, "name", object["involvedObject"]["name"]);
    take(fact, "uid", object["involvedObject"]["uid"]);
    take(fact, "apiVersion", object["involvedObject"]["apiVersion"]);
    take(fact, "reason", object["reason"]);
    take(fact, "message", object["message"]);
    return fact;
}

// storage.k8s.io/v1
stack::ObjectFact readStorageClass(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact;
    fact.meta = readMeta(object, apiVersion);
    const Json annotations = object["metadata"]["annotations"];
    take(fact, "default", annotations["storageclass.kubernetes.io/is-default-class"]);
    take(fact, "virtDefault", annotations["storageclass.kubevirt.io/is-default-virt-class"]);
    take(fact, "provisioner", object["provisioner"]);
    return fact;
}

// cdi.kubevirt.io/v1beta1. Without a claim property set, CDI does not know how to make claims of the class.
stack::ObjectFact readStorageProfile(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "provisioner", object["status"]["provisioner"]);
    take(fact, "storageClass", object["status"]["storageClass"]);
    int sets = 0;
    object["status"]["claimPropertySets"].each([&sets](const Json&) { ++sets; });
    fact.fields.emplace("claimPropertySets", std::to_string(sets));
    return fact;
}

// cluster.x-k8s.io/v1beta1 and v1beta2. Either shape's conditions are kept: why it makes no machines is said
// in those of the older one.
stack::ObjectFact readMachineSet(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    fact.conditions = readClusterApiConditions(object);
    for (stack::Condition& old : readConditions(object["status"]["deprecated"]["v1beta1"]["conditions"]))
        fact.conditions.push_back(std::move(old));
    take(fact, "deploymentName", object["metadata"]["labels"]["cluster.x-k8s.io/deployment-name"]);
    take(fact, "replicas", object["spec"]["replicas"]);
    return fact;
}

// kubevirt.io/v1
stack::ObjectFact readMigration(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    take(fact, "vmiName", object["spec"]["vmiName"]);
    return fact;
}

// cluster.x-k8s.io/v1beta1 and v1beta2
stack::ObjectFact readMachineHealthCheck(const Json& object, const std::string& apiVersion)
{
    stack::ObjectFact fact = readCommon(object, apiVersion);
    fact.conditions = readClusterApiConditions(object);
    take(fact, "clusterName", object["spec"]["clusterName"]);
    take(fact, "currentHealthy", object["status"]["currentHealthy"]);
    take(fact, "expectedMachines", object["status"]["expectedMachines"]);
    // Which machines it is about: those of a pool, the control plane's, or (neither) any.
    const Json labels = object["spec"]["selector"]["matchLabels"];
    take(fact, "deploymentName", labels["cluster.x-k8s.io/deployment-name"]);
    take(fact, "topologyDeployment", labels["topology.cluster.x-k8s.io/deployment-name"]);
    bool plane = labels["cluster.x-k8s.io/control-plane"].exists();
    object["spec"]["selector"]["matchExpressions"].each([&plane](const Json& expression) {
        plane = plane || (expression["key"].text() == "cluster.x-k8s.io/control-plane" &&
                          expression["operator"].text() == "Exists");
    });
    if (plane)
        fact.fields.emplace("controlPlane", "true");
    return fact;
}

} // namespace strata::feeds
