// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/draft.h"
#include "core/diagnosis/blast.h"

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
    std::string typed; // what the operator types before it is done

    const stack::Stack& stack() const { return m_stack; }
    const Request& request() const { return m_request; }

    // What the server said of an object or a list; null: it has to be asked first, or does not exist (then
    // questions stay as they are).
    const provision::Object* read(provision::Target target, const provision::Ref& ref);
    const std::vector<provision::Object>* list(provision::Target target, const provision::Ref& ref,
                                               const std::string& selector);
    bool asked(provision::Target target, const provision::Ref& ref) const;

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

// What each of these appends to the plan for one item, or for all of them.
Result<void> clusterPlan(Builder& builder);
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
