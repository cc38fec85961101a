// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/draft.h"
#include "core/diagnosis/blast.h"
#include "core/provision/object.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

// What the plans of all actions share. Private to core/actions.
namespace strata::actions {

std::string say(const char* text, std::initializer_list<std::string> values = {});
tl::unexpected<Error> refuse(std::string text, std::string detail = {});

// A tenant cluster as an item of the stack knows it.
struct Tenant {
    stack::ItemId cluster;
    stack::SourceId source = 0; // the outer cluster
    const stack::ClusterFact* fact = nullptr;
    const stack::ControlPlaneFact* plane = nullptr;
    std::vector<stack::ItemId> pools;
    stack::ItemId planeItem;
};
// Of a tenant cluster, a control plane, a pool, a machine, an inner node, a workload or a VM of one; without
// a fact when it belongs to none.
Tenant tenantOf(const stack::Stack& stack, stack::ItemId id);
// The outer cluster of an item; 0 for hosts.
stack::SourceId outerOf(const stack::Stack& stack, const stack::Item& item);

// The health checks that watch the machines of a control plane or a pool: by name, which Strata and Cluster
// API's own templates give them (a fact does not keep the selector).
std::vector<const stack::ObjectFact*> watchedBy(const stack::Stack& stack, stack::ItemId owner);
// Set by StartMaintenance.
inline constexpr const char* kMaintenanceKey = "strata.dev/maintenance";
bool inMaintenance(const stack::KubeNodeFact& node);
// Guests of a node that were told to leave it.
std::vector<const stack::VmiFact*> leavingGuests(const stack::Stack& stack, stack::ItemId node);

// The owner of a workload's pods: what is scaled, restarted, deleted.
struct Owner {
    std::string kind; // "Deployment"; empty: nothing that can be handled
    std::string ns;
    std::string name;
    friend bool operator==(const Owner&, const Owner&) = default;
};
Owner ownerOf(const stack::ItemFacts& facts);

// A plan in the making.
class Builder {
public:
    Builder(const stack::Stack& stack, const Request& request, const Answers& answers)
        : m_stack(stack), m_request(request), m_answers(answers)
    {
        plan.action = toString(request.action);
    }

    provision::Plan plan;
    std::vector<Question> questions;
    std::vector<diagnosis::VmFate> fates;
    std::vector<stack::ItemId> down; // of Draft
    std::vector<stack::ItemId> inTurn;
    std::string typed; // what the operator types before it is done
    FieldHelp help;
    std::vector<std::string> differences;

    const stack::Stack& stack() const { return m_stack; }
    const Request& request() const { return m_request; }

    // What the server said of an object or a list; null: it has to be asked first, or does not exist (then
    // questions stay as they are).
    const provision::Object* read(provision::Target target, const provision::Ref& ref);
    const std::vector<provision::Object>* list(provision::Target target, const provision::Ref& ref,
                                               const std::string& selector);
    bool asked(provision::Target target, const provision::Ref& ref) const;
    // A field's value as it was filled in, without blanks at its ends.
    std::string value(const char* key) const;

    provision::Step& step(std::string title, bool afterLast = true);
    void notice(std::string sentence); // once each

private:
    const stack::Stack& m_stack;
    const Request& m_request;
    const Answers& m_answers;
};

provision::Ref refOf(const stack::Meta& meta, const char* kind);
// A merge patch of a fact's object, with its uid as precondition.
provision::Object patchOf(const stack::Meta& meta, const char* kind);
provision::Write change(provision::Object patch, provision::Object back = {},
                        provision::Target target = provision::Target::Outer);

// What of a subtree would differ: "cpu.cores: 2 → 4". Texts of both are cleaned.
std::vector<std::string> differencesOf(const provision::Json& before, const provision::Json& after);
bool isObjectName(const std::string& text); // a DNS label
bool isV1beta1(const std::string& apiVersion);
// "bootstrap.cluster.x-k8s.io/v1beta2" of an object of another group of Cluster API.
std::string capiVersion(const char* group, const std::string& apiVersion);
int machinesOf(const stack::Stack& stack, stack::ItemId owner);
// Until a control plane or a pool has so many machines, all ready, and, of a new template, all new.
void waitForMachines(provision::Step& step, const provision::Ref& ref, int replicas, bool allNew);
// Whether so many more VMs of the size of those that are there find a place.
void noticeRoom(Builder& builder, stack::ItemId owner, int more);
// A machine template's copy with what is wished for; its name in `made`, empty while the old one is being
// read. Templates never change: the copy is written by the last step of the plan.
struct TemplateWish {
    std::string cpus;
    std::string memory;
    std::string disk;
    std::string storageClass;
    std::string image;
    bool empty() const
    {
        return cpus.empty() && memory.empty() && disk.empty() && storageClass.empty() && image.empty();
    }
};
Result<void> applyWish(provision::Json& spec, const TemplateWish& wish);
// "8", "16Gi", "20Gi", "docker://…" as the spec of a KubevirtMachineTemplate has them.
TemplateWish sizeOf(const provision::Json& spec);

// What each of these appends to the plan for one item, or for all of them.
Result<void> clusterPlan(Builder& builder);
Result<void> addPool(Builder& builder, stack::ItemId cluster);
Result<void> removePool(Builder& builder, stack::ItemId pool);
Result<void> resizeMachines(Builder& builder, stack::ItemId owner);
Result<void> addHealthCheck(Builder& builder, stack::ItemId owner);
Result<void> removeHealthCheck(Builder& builder, stack::ItemId owner);
Result<void> rotateCertificates(Builder& builder, stack::ItemId plane);
// Actions on VMs that write objects; vm.cpp has those that call.
Result<void> vmChangePlan(Builder& builder);
std::string vmChangeWhyNot(const stack::Stack& stack, Action action, stack::ItemId id);
Result<void> vmPlan(Builder& builder);
Result<void> nodePlan(Builder& builder);
Result<void> workloadPlan(Builder& builder);

// Reasons of state, for action.cpp.
std::string clusterWhyNot(const stack::Stack& stack, Action action, stack::ItemId id);
std::string vmWhyNot(const stack::Stack& stack, Action action, stack::ItemId id);
std::string nodeWhyNot(const stack::Stack& stack, Action action, stack::ItemId id);
std::string workloadWhyNot(const stack::Stack& stack, Action action, stack::ItemId id);

// Who notices that these VMs stop at the same time.
void noticeStops(Builder& builder, const std::vector<stack::ItemId>& vms, bool comeBack);

} // namespace strata::actions
