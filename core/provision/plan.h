// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/object.h"

#include <string>
#include <vector>

namespace strata::provision {

enum class Verb {
    Ensure, // create when it is absent; what exists is left alone and stays its owner's
    Create, // POST: the anchor of a plan. What exists and is not ours ends the plan
    Apply,  // server-side apply, never forced; what exists and is not ours ends the plan
    Patch,  // JSON merge patch of an object of ours
    Delete, // of an object of ours, with its uid as precondition
    // Of what somebody else made and an operator chose. metadata.uid of the object is the precondition: what
    // has that name by then and is another object is not touched.
    Change, // JSON merge patch
    Remove, // DELETE
    Call,   // PUT of a KubeVirt subresource
    Drain,  // of a Node, which is cordoned already: evicts its pods until all that can go are gone
};
// The last four.
bool ofOthers(Verb verb);

enum class Target { Outer, Inner }; // which API server: the outer cluster's, or the new cluster's own

struct Write {
    Verb verb = Verb::Apply;
    Target target = Target::Outer;
    Object object; // for Patch and Change the merge patch with apiVersion, kind and name; for Delete, Remove,
                   // Call and Drain these suffice
    std::string call{}; // Call: the subresource, "start"
    // Call: what is sent; Drain: {"force": true} evicts pods that nobody makes again, too; Change: the merge
    // patch that takes it back, empty when it cannot be.
    Object body{};
    bool keep = false; // of what the plan makes: taking the plan back leaves it, others may use it by then
    friend bool operator==(const Write&, const Write&) = default;
};

struct Ref {
    std::string apiVersion;
    std::string kind;
    std::string ns;
    std::string name;
    std::string title() const; // "Cluster blue/blue"
    friend bool operator==(const Ref&, const Ref&) = default;
};
Ref refOf(const Object& object);

// One way to see that something has happened.
struct Predicate {
    enum class Kind {
        Exists,
        Condition,
        Field,
        AtLeast,
        Gone,         // it does not exist, or is another one than that of the uid in `value`
        Replaced,     // it exists and is another one than that of the uid in `value`
        NotCondition, // the condition has another status, or there is none of that type
        Observed,     // its controller has seen what was written last: status.observedGeneration
    };
    Kind kind = Kind::Exists;
    std::string path;  // conditions: the type; Field and AtLeast: a dotted path
    std::string value; // conditions: the status; Field: the text ("0": or none); AtLeast: the number; a uid
    friend bool operator==(const Predicate&, const Predicate&) = default;
};

// Met when any of the predicates holds: the two contracts of Cluster API tell the same in different fields.
struct Wait {
    Target target = Target::Outer;
    Ref ref;
    std::string what; // "The control plane answers"
    std::vector<Predicate> anyOf;
    std::vector<Predicate> failsOn{}; // when one of these holds it will not come true any more
    friend bool operator==(const Wait&, const Wait&) = default;
};

struct Judgement {
    bool met = false;
    bool failed = false; // it will not come true any more
    std::string
        evidence; // "Cluster blue/blue: InfrastructureReady is False (LoadBalancerProvisioningFailed): …"
};
Judgement judge(const Wait& wait, const Object* object); // null: the object does not exist

struct Step {
    std::string id; // "control-plane"
    std::string title;
    std::vector<std::string> after;    // ids of the steps that must be done
    std::vector<Write> writes;         // in this order
    std::vector<Wait> waits;           // all must be met
    int timeoutSeconds = 0;            // of the waits
    std::vector<std::string> checks{}; // of the preflight, by id: what was looked at for this step beforehand
    friend bool operator==(const Step&, const Step&) = default;
};

// What will be done, as a value. The wizard shows it, the runner runs it, the journal keeps it.
struct Plan {
    std::string id;
    std::string title;
    std::string ns; // of the tenant cluster
    std::string cluster;
    std::string server; // the outer cluster's address; empty: not recorded
    std::vector<Step> steps;
    // Of changes to what is there (core/actions): "stop-vm". Empty: the plan makes a cluster.
    std::string action{};
    std::vector<std::string> interruption{}; // sentences: who will notice

    const Step* step(const std::string& stepId) const;
    friend bool operator==(const Plan&, const Plan&) = default;
};

std::string newPlanId(); // 20 letters and digits, from the system's random source

// What a merge patch sets, one "spec.replicas: 5" each; removed fields have no value.
std::vector<std::string> changesOf(const Object& patch);
// True when something of it can be taken back.
bool canBeUndone(const Plan& plan);
bool canBeUndone(const Write& write);

// The title, who will notice, and each step with what it writes and what it waits for, as plain text.
std::string preview(const Plan& plan);
Result<void> check(const Plan& plan); // step ids are unique, dependencies exist and make no circle

std::string planToJson(const Plan& plan); // one line
Result<Plan> planFromJson(std::string_view text);

const char* toString(Verb verb);

} // namespace strata::provision
