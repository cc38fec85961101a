// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/recipes/create_plan.h"

#include "core/base/translate.h"

#include <nlohmann/json.hpp>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

using Kind = Predicate::Kind;

Step writing(const char* id, std::string title, std::vector<std::string> after)
{
    Step step;
    step.id = id;
    step.title = std::move(title);
    step.after = std::move(after);
    return step;
}

} // namespace

Result<Plan> createPlan(const ClusterProfile& profile, const Capabilities& server, const Manifests& manifests,
                        const std::string& planId, const CreatePlanOptions& options)
{
    if (planId.empty())
        return fail(ErrorKind::Internal, "A plan needs an id.");
    auto set = createObjects(profile, server, manifests, planId);
    if (!set)
        return tl::unexpected(set.error());
    const std::string ns = profile.effectiveNamespace();
    const std::string& name = profile.name;

    Plan plan;
    plan.id = planId;
    plan.title = arguments(translate(kContext, "Create the tenant cluster %1/%2"), {ns, name});
    plan.ns = ns;
    plan.cluster = name;

    Step space = writing("namespace", translate(kContext, "Make sure that the namespace exists"), {});
    Step anchor = writing("claim", translate(kContext, "Claim the name: the Cluster, paused"), {"namespace"});
    Step infra = writing("infrastructure", translate(kContext, "Describe the infrastructure"), {"claim"});
    Step plane = writing("control-plane", translate(kContext, "Describe the control plane"), {"claim"});
    Step pools = writing("workers", translate(kContext, "Describe the worker pools"), {"claim"});
    Step sets = writing("resource-sets", translate(kContext, "Lay out network and add-ons"), {"claim"});
    Step cloud = writing("cloud-provider", translate(kContext, "Set up the cloud provider"), {"claim"});
    Step storage =
        writing("storage-driver", translate(kContext, "Set up the storage driver's controller"), {"claim"});
    Step health =
        writing("health-checks", translate(kContext, "Arm the machine health checks"), {"workers-ready"});
    Step start = writing("start", translate(kContext, "Let Cluster API begin"), {"claim"});

    for (const PartObject& item : set->outer) {
        Write write{Verb::Apply, Target::Outer, item.object};
        switch (item.part) {
        case Part::Namespace:
            write.verb = Verb::Ensure;
            space.writes.push_back(std::move(write));
            break;
        case Part::Infrastructure:
            infra.writes.push_back(std::move(write));
            break;
        case Part::ControlPlane:
            plane.writes.push_back(std::move(write));
            break;
        case Part::Workers:
            pools.writes.push_back(std::move(write));
            break;
        case Part::ResourceSets:
            sets.writes.push_back(std::move(write));
            break;
        case Part::CloudProvider:
            cloud.writes.push_back(std::move(write));
            break;
        case Part::StorageDriver:
            storage.writes.push_back(std::move(write));
            break;
        case Part::HealthCheck:
            health.writes.push_back(std::move(write));
            break;
        case Part::Cluster: {
            write.verb = Verb::Create;
            write.object.edit()["spec"]["paused"] = true;
            Object lift(write.object.apiVersion(), "Cluster", ns, name);
            lift.edit()["spec"]["paused"] = false;
            start.writes.push_back({Verb::Patch, Target::Outer, std::move(lift)});
            anchor.writes.push_back(std::move(write));
            break;
        }
        }
    }

    // Which of the preflight's checks each step relies on.
    space.checks = {"namespace", "rbac"};
    anchor.checks = {"name", "cluster-api", "releases", "networks"};
    infra.checks = {"capk"};
    plane.checks = {"control-plane"};
    pools.checks = {"bootstrap"};
    start.checks = {"controllers", "kubevirt-ready"};
    if (!sets.writes.empty())
        sets.checks = {"rbac"};

    const std::string core = "cluster.x-k8s.io/" + server.coreVersion;
    const std::string planeVersion = "controlplane.cluster.x-k8s.io/" + server.controlPlaneVersion;
    const Ref cluster{core, "Cluster", ns, name};

    plan.steps = {std::move(space), std::move(anchor)};
    const auto addIfWriting = [&](Step step) {
        if (step.writes.empty())
            return;
        start.after.push_back(step.id);
        plan.steps.push_back(std::move(step));
    };
    addIfWriting(std::move(infra));
    addIfWriting(std::move(plane));
    addIfWriting(std::move(pools));
    addIfWriting(std::move(sets));
    addIfWriting(std::move(cloud));
    addIfWriting(std::move(storage));
    plan.steps.push_back(std::move(start));

    Step ready =
        writing("infrastructure-ready", translate(kContext, "The infrastructure is ready"), {"start"});
    ready.timeoutSeconds = options.infrastructureSeconds;
    if (profile.endpoint == Endpoint::LoadBalancer && !profile.classRef)
        ready.checks = {"load-balancer"};
    ready.waits = {{Target::Outer,
                    cluster,
                    translate(kContext, "The API's address is known"),
                    {{Kind::Field, "status.initialization.infrastructureProvisioned", "true"},
                     {Kind::Field, "status.infrastructureReady", "true"},
                     {Kind::Condition, "InfrastructureReady", "True"}}}};
    plan.steps.push_back(std::move(ready));

    Step initialized = writing("control-plane-ready", translate(kContext, "The control plane answers"),
                               {"infrastructure-ready"});
    initialized.timeoutSeconds = options.controlPlaneSeconds;
    initialized.checks = {"image", "storage", "room", "quota"};
    initialized.waits = {{Target::Outer,
                          {"v1", "Secret", ns, name + "-kubeconfig"},
                          translate(kContext, "The kubeconfig is there"),
                          {{Kind::Exists, {}, {}}}},
                         {Target::Outer,
                          cluster,
                          translate(kContext, "The first control plane machine has joined"),
                          {{Kind::Field, "status.initialization.controlPlaneInitialized", "true"},
                           {Kind::Condition, "ControlPlaneInitialized", "True"}}}};
    plan.steps.push_back(std::move(initialized));

    std::string network = "control-plane-ready";
    if (!set->inner.empty()) {
        Step inner = writing("inner", translate(kContext, "Install network and add-ons in the new cluster"),
                             {"control-plane-ready"});
        for (const Object& object : set->inner)
            inner.writes.push_back({Verb::Apply, Target::Inner, object});
        network = inner.id;
        plan.steps.push_back(std::move(inner));
    }

    if (profile.classRef) {
        // A class names its parts itself; the Cluster sums them up (from Cluster API 1.9 on).
        const bool networked = profile.cni.kind != Cni::None;
        int machines = 0;
        for (const WorkerPool& pool : profile.workers)
            machines += pool.autoscaler ? pool.autoscaler->min : pool.count;
        const auto counted = [&](const char* of, int number) {
            const std::string path = std::string(of) + (networked ? ".readyReplicas" : ".replicas");
            return std::vector<Predicate>{{Kind::AtLeast, "status." + path, std::to_string(number)},
                                          {Kind::AtLeast, "status.v1beta2." + path, std::to_string(number)}};
        };
        Step members = writing("control-plane-members",
                               networked ? translate(kContext, "All control plane machines are ready")
                                         : translate(kContext, "All control plane machines have joined"),
                               {network});
        members.timeoutSeconds = options.controlPlaneSeconds;
        members.waits = {{Target::Outer, cluster,
                          networked ? translate(kContext, "Control plane machines are ready")
                                    : translate(kContext, "Control plane machines have joined"),
                          counted("controlPlane", profile.controlPlane.replicas)}};
        plan.steps.push_back(std::move(members));
        Step workers = writing("workers-ready",
                               networked ? translate(kContext, "The worker nodes are Ready")
                                         : translate(kContext, "The worker machines have joined"),
                               {network});
        workers.timeoutSeconds = options.workersSeconds;
        workers.waits = {{Target::Outer,
                          cluster,
                          translate(kContext, "The class has made all parts"),
                          {{Kind::Condition, "TopologyReconciled", "True"}}},
                         {Target::Outer, cluster,
                          networked ? translate(kContext, "The pools are ready")
                                    : translate(kContext, "The pools have their machines"),
                          counted("workers", machines)}};
        plan.steps.push_back(std::move(workers));
    } else if (profile.cni.kind != Cni::None) {
        Step members = writing("control-plane-members",
                               translate(kContext, "All control plane machines are ready"), {network});
        members.timeoutSeconds = options.controlPlaneSeconds;
        members.waits = {
            {Target::Outer,
             {planeVersion, "KubeadmControlPlane", ns, name + "-cp"},
             translate(kContext, "Control plane machines are ready"),
             {{Kind::AtLeast, "status.readyReplicas", std::to_string(profile.controlPlane.replicas)}}}};
        plan.steps.push_back(std::move(members));

        Step workers = writing("workers-ready", translate(kContext, "The worker nodes are Ready"), {network});
        workers.timeoutSeconds = options.workersSeconds;
        for (const WorkerPool& pool : profile.workers) {
            workers.waits.push_back({Target::Outer,
                                     {core, "MachineDeployment", ns, name + "-" + pool.name},
                                     arguments(translate(kContext, "Pool %1 is ready"), {pool.name}),
                                     {{Kind::AtLeast, "status.readyReplicas", std::to_string(pool.count)}}});
        }
        plan.steps.push_back(std::move(workers));
    } else {
        // Nodes stay NotReady until the operator installs a network; the machines count when they have
        // joined.
        Step workers =
            writing("workers-ready", translate(kContext, "The worker machines have joined"), {network});
        workers.timeoutSeconds = options.workersSeconds;
        for (const WorkerPool& pool : profile.workers) {
            workers.waits.push_back({Target::Outer,
                                     {core, "MachineDeployment", ns, name + "-" + pool.name},
                                     arguments(translate(kContext, "Pool %1 has its machines"), {pool.name}),
                                     {{Kind::AtLeast, "status.replicas", std::to_string(pool.count)}}});
        }
        plan.steps.push_back(std::move(workers));
    }
    if (!health.writes.empty())
        plan.steps.push_back(std::move(health));
    if (auto sound = check(plan); !sound)
        return tl::unexpected(sound.error());
    return plan;
}

std::vector<Object> manifestsOf(const Plan& plan)
{
    std::vector<Object> all;
    for (const Step& step : plan.steps) {
        for (const Write& write : step.writes) {
            if (write.target != Target::Outer || write.verb == Verb::Patch || write.verb == Verb::Delete)
                continue;
            Object object = write.object;
            Json& metadata = object.edit()["metadata"];
            for (const char* part : {"labels", "annotations"}) {
                if (!metadata.contains(part))
                    continue;
                metadata[part].erase(std::string(kPlanKey));
                if (metadata[part].empty())
                    metadata.erase(part);
            }
            if (write.verb == Verb::Create && object.edit().contains("spec"))
                object.edit()["spec"].erase("paused");
            all.push_back(std::move(object));
        }
    }
    return all;
}

} // namespace strata::provision
