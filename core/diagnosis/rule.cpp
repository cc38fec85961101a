// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/rule.h"

#include "core/base/translate.h"

#include <algorithm>
#include <array>

namespace strata::diagnosis {

std::string tr(const char* text, std::initializer_list<std::string> values)
{
    return arguments(translate("Diagnosis", text), values);
}

const char* toString(Severity severity)
{
    switch (severity) {
    case Severity::Info:
        return "info";
    case Severity::Warning:
        return "warning";
    case Severity::Critical:
        return "critical";
    }
    return "";
}

stack::Health healthOf(Severity severity)
{
    switch (severity) {
    case Severity::Info:
        break;
    case Severity::Warning:
        return stack::Health::Warning;
    case Severity::Critical:
        return stack::Health::Failed;
    }
    return stack::Health::Ok;
}

bool olderThan(const Subject& subject, UnixMs since, UnixMs age)
{
    if (since == 0 || subject.now == 0)
        return false;
    const UnixMs due = since + age;
    if (subject.now > due)
        return true;
    if (subject.recheck != nullptr && (*subject.recheck == 0 || due + 1 < *subject.recheck))
        *subject.recheck = due + 1;
    return false;
}

stack::ObjectRef objectOf(const Subject& subject, const char* kind)
{
    for (const stack::ObjectRef& object : subject.stack.objects(subject.item.id)) {
        if (object.kind == kind)
            return object;
    }
    stack::ObjectRef none;
    none.source = subject.item.source;
    none.kind = kind;
    none.ns = subject.item.ns;
    none.name = subject.item.name;
    return none;
}

Finding finding(const Subject& subject, const char* rule, Severity severity, std::string title,
                std::string remedy, Proof proof)
{
    Finding out;
    out.rule = rule;
    out.severity = severity;
    out.subject = subject.item.id;
    out.source = subject.item.source;
    out.key = out.rule + "|" + subject.item.key;
    out.title = std::move(title);
    out.remedy = std::move(remedy);
    out.evidence.push_back(std::move(proof));
    return out;
}

Proof conditionProof(const Subject& subject, const char* kind, const stack::Condition& condition)
{
    std::string value = condition.status;
    if (!condition.reason.empty())
        value += " · " + condition.reason;
    if (!condition.message.empty())
        value += ": " + condition.message;
    return fieldProof(subject, kind, "status.conditions[" + condition.type + "]", std::move(value),
                      condition.since);
}

Proof fieldProof(const Subject& subject, const char* kind, std::string field, std::string value, UnixMs since)
{
    return {objectOf(subject, kind), std::move(field), std::move(value), since};
}

const stack::Condition* conditionWith(const std::vector<stack::Condition>& conditions, const char* type,
                                      const char* status)
{
    for (const stack::Condition& condition : conditions) {
        if (condition.type == type && condition.status == status)
            return &condition;
    }
    return nullptr;
}

bool reasonIn(const stack::Condition& condition, std::initializer_list<const char*> reasons)
{
    for (const char* reason : reasons) {
        if (condition.reason == reason)
            return true;
    }
    return false;
}

std::string fieldOf(const stack::ObjectFact& object, const char* name)
{
    const auto found = object.fields.find(name);
    return found == object.fields.end() ? std::string() : found->second;
}

UnixMs lastSeen(const stack::ObjectFact& event)
{
    return parseRfc3339(fieldOf(event, "last")).value_or(event.meta.created);
}

bool vmRuns(const Subject& subject)
{
    return subject.facts.vmi != nullptr && subject.facts.vmi->phase == "Running";
}

const stack::ObjectFact* warningOf(const Subject& subject, std::initializer_list<const char*> reasons,
                                   UnixMs within)
{
    for (const stack::ObjectFact* event : subject.facts.warnings) {
        const std::string reason = fieldOf(*event, "reason");
        if (std::none_of(reasons.begin(), reasons.end(), [&](const char* each) { return reason == each; }))
            continue;
        if (!olderThan(subject, lastSeen(*event), within))
            return event;
    }
    return nullptr;
}

Proof eventProof(const Subject& subject, const stack::ObjectFact& event)
{
    Proof proof;
    stack::Meta about;
    about.apiVersion = fieldOf(event, "apiVersion");
    about.ns = fieldOf(event, "ns");
    about.name = fieldOf(event, "name");
    about.uid = fieldOf(event, "uid");
    const std::string kind = fieldOf(event, "kind");
    std::string plural = kind + "s"; // right for every kind that items are made of
    std::transform(plural.begin(), plural.end(), plural.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    proof.object = stack::objectRef(subject.item.source, about, plural.c_str(), kind.c_str());
    proof.field = "event " + fieldOf(event, "reason");
    proof.value = fieldOf(event, "message");
    if (proof.value.empty())
        proof.value = fieldOf(event, "reason");
    proof.since = event.meta.created;
    return proof;
}

const std::vector<Rule>& rulesFor(stack::ItemKind kind)
{
    using stack::ItemKind;
    static const std::vector<Rule> none;
    static const std::vector<Rule> host = hostRules();
    static const std::vector<Rule> outerNode = outerNodeRules();
    static const std::vector<Rule> vm = [] {
        std::vector<Rule> all = vmRules();
        for (const std::vector<Rule>& more : {volumeRules(), migrationRules()})
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    static const std::vector<Rule> machine = machineRules();
    static const std::vector<Rule> controlPlane = controlPlaneRules();
    static const std::vector<Rule> pool = poolRules();
    static const std::vector<Rule> cluster = clusterRules();
    static const std::vector<Rule> innerNode = innerNodeRules();
    static const std::vector<Rule> workload = workloadRules();
    switch (kind) {
    case ItemKind::Host:
        return host;
    case ItemKind::OuterNode:
        return outerNode;
    case ItemKind::Vm:
        return vm;
    case ItemKind::Machine:
        return machine;
    case ItemKind::ControlPlane:
        return controlPlane;
    case ItemKind::WorkerPool:
        return pool;
    case ItemKind::TenantCluster:
        return cluster;
    case ItemKind::InnerNode:
        return innerNode;
    case ItemKind::Workload:
        return workload;
    case ItemKind::Domain: // its own status is all there is
    case ItemKind::Placeholder:
        return none;
    }
    return none;
}

} // namespace strata::diagnosis
