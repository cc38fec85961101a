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
    return fact;
}

} // namespace strata::feeds
