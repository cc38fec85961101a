// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/ownrules.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace strata::diagnosis {

using stack::ItemKind;

namespace {

constexpr std::size_t kMostRules = 500;
constexpr std::size_t kMostBytes = 1U << 20U;
constexpr std::string_view kConditions = "status.conditions[";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("OwnRules", text), values);
}

std::string number(std::int64_t value)
{
    return value < 0 ? std::string() : std::to_string(value);
}

std::string flag(bool value)
{
    return value ? "true" : "false";
}

// What a kind can be asked for: the item it stands for, how its conditions are had, and its fields.
struct Field {
    const char* path;
    std::string (*read)(const Subject&);
};

struct Kind {
    const char* name;
    ItemKind item;
    bool (*there)(const Subject&);
    const std::vector<stack::Condition>* (*conditions)(const Subject&); // null: the kind has none
    std::vector<Field> fields;
};

template<auto Member>
const std::vector<stack::Condition>* conditionsOf(const Subject& s)
{
    const auto* fact = s.facts.*Member;
    return fact != nullptr ? &fact->conditions : nullptr;
}

template<auto Member>
bool thereIs(const Subject& s)
{
    return s.facts.*Member != nullptr;
}

std::vector<Field> nodeFields(bool outer)
{
    static constexpr auto node = [](const Subject& s) {
        return s.facts.outerNode != nullptr ? s.facts.outerNode : s.facts.innerNode;
    };
    std::vector<Field> out = {
        {"spec.unschedulable", [](const Subject& s) { return flag(node(s)->unschedulable); }},
        {"spec.providerID", [](const Subject& s) { return node(s)->providerId; }},
        {"spec.taints",
         [](const Subject& s) {
             std::string all;
             for (const std::string& taint : node(s)->taints)
                 all += (all.empty() ? "" : ",") + taint;
             return all;
         }},
        {"status.nodeInfo.kubeletVersion", [](const Subject& s) { return node(s)->kubeletVersion; }},
        {"status.nodeInfo.osImage", [](const Subject& s) { return node(s)->osImage; }},
        {"status.nodeInfo.kernelVersion", [](const Subject& s) { return node(s)->kernel; }},
        {"status.nodeInfo.containerRuntimeVersion",
         [](const Subject& s) { return node(s)->containerRuntime; }},
    };
    if (outer)
        out.push_back({"status.allocatable.devices.kubevirt.io/kvm",
                       [](const Subject& s) { return number(node(s)->kvmDevices); }});
    return out;
}

const std::vector<Kind>& kinds()
{
    using F = stack::ItemFacts;
    static const std::vector<Kind> all = {
        {"Host",
         ItemKind::Host,
         thereIs<&F::host>,
         nullptr,
         {{"cpuModel", [](const Subject& s) { return s.facts.host->cpuModel; }},
          {"hypervisorVersion", [](const Subject& s) { return s.facts.host->hypervisorVersion; }},
          {"libvirtVersion", [](const Subject& s) { return s.facts.host->libvirtVersion; }},
          {"kvmUsable", [](const Subject& s) { return flag(s.facts.host->kvmUsable); }}}},
        {"OuterNode", ItemKind::OuterNode, thereIs<&F::outerNode>, conditionsOf<&F::outerNode>,
         nodeFields(true)},
        {"InnerNode", ItemKind::InnerNode, thereIs<&F::innerNode>, conditionsOf<&F::innerNode>,
         nodeFields(false)},
        {"VirtualMachine",
         ItemKind::Vm,
         thereIs<&F::vm>,
         conditionsOf<&F::vm>,
         {{"spec.runStrategy", [](const Subject& s) { return s.facts.vm->runStrategy.string(); }},
          {"status.printableStatus", [](const Subject& s) { return s.facts.vm->printableStatus.string(); }},
          {"status.ready", [](const Subject& s) { return flag(s.facts.vm->ready); }}}},
        {"VirtualMachineInstance",
         ItemKind::Vm,
         thereIs<&F::vmi>,
         conditionsOf<&F::vmi>,
         {{"status.phase", [](const Subject& s) { return s.facts.vmi->phase.string(); }},
          {"status.nodeName", [](const Subject& s) { return s.facts.vmi->nodeName.string(); }},
          {"status.evacuationNodeName",
           [](const Subject& s) { return s.facts.vmi->evacuationNode.string(); }},
          {"status.guestOSInfo.prettyName", [](const Subject& s) { return s.facts.vmi->guestOs.string(); }},
          {"status.machine.type", [](const Subject& s) { return s.facts.vmi->machineType.string(); }},
          {"spec.evictionStrategy",
           [](const Subject& s) { return s.facts.vmi->evictionStrategy.string(); }}}},
        {"Machine",
         ItemKind::Machine,
         thereIs<&F::machine>,
         conditionsOf<&F::machine>,
         {{"spec.version", [](const Subject& s) { return s.facts.machine->version.string(); }},
          {"spec.providerID", [](const Subject& s) { return s.facts.machine->providerId.string(); }},
          {"status.phase", [](const Subject& s) { return s.facts.machine->phase.string(); }},
          {"status.nodeRef.name", [](const Subject& s) { return s.facts.machine->nodeName.string(); }}}},
        {"KubevirtMachine",
         ItemKind::Machine,
         thereIs<&F::kubevirtMachine>,
         conditionsOf<&F::kubevirtMachine>,
         {{"status.ready", [](const Subject& s) { return flag(s.facts.kubevirtMachine->ready); }}}},
        {"Cluster",
         ItemKind::TenantCluster,
         thereIs<&F::cluster>,
         conditionsOf<&F::cluster>,
         {{"spec.paused", [](const Subject& s) { return flag(s.facts.cluster->paused); }},
          {"status.phase", [](const Subject& s) { return s.facts.cluster->phase; }},
          {"spec.topology.version", [](const Subject& s) { return s.facts.cluster->version; }}}},
        {"KubeadmControlPlane",
         ItemKind::ControlPlane,
         thereIs<&F::controlPlane>,
         conditionsOf<&F::controlPlane>,
         {{"spec.version", [](const Subject& s) { return s.facts.controlPlane->version; }},
          {"spec.replicas", [](const Subject& s) { return number(s.facts.controlPlane->replicas); }},
          {"status.readyReplicas",
           [](const Subject& s) { return number(s.facts.controlPlane->readyReplicas); }}}},
        {"MachineDeployment",
         ItemKind::WorkerPool,
         thereIs<&F::machineDeployment>,
         conditionsOf<&F::machineDeployment>,
         {{"spec.version", [](const Subject& s) { return s.facts.machineDeployment->version; }},
          {"status.phase", [](const Subject& s) { return s.facts.machineDeployment->phase; }},
          {"spec.replicas", [](const Subject& s) { return number(s.facts.machineDeployment->replicas); }},
          {"status.readyReplicas",
           [](const Subject& s) { return number(s.facts.machineDeployment->readyReplicas); }}}},
    };
    return all;
}

const Kind* kindOf(std::string_view name)
{
    const auto found =
        std::find_if(kinds().begin(), kinds().end(), [name](const Kind& kind) { return name == kind.name; });
    return found == kinds().end() ? nullptr : &*found;
}

// "status.conditions[Ready].reason" → "Ready", "reason"; false when it is no such path.
bool conditionPath(std::string_view path, std::string& type, std::string& part)
{
    if (!path.starts_with(kConditions))
        return false;
    const std::size_t close = path.find(']');
    if (close == std::string_view::npos || close == kConditions.size() || close + 2 > path.size() ||
        path[close + 1] != '.')
        return false;
    type = path.substr(kConditions.size(), close - kConditions.size());
    part = path.substr(close + 2);
    return part == "status" || part == "reason" || part == "message";
}

bool knownField(const Kind& kind, std::string_view path)
{
    std::string type;
    std::string part;
    if (path == "metadata.name" || path == "metadata.namespace")
        return true;
    if (path.starts_with(kConditions))
        return kind.conditions != nullptr && conditionPath(path, type, part);
    return std::any_of(kind.fields.begin(), kind.fields.end(),
                       [path](const Field& field) { return path == field.path; });
}

struct Value {
    std::string text;
    bool present = false;
    UnixMs since = 0;
};

Value valueOf(const Kind& kind, const Subject& s, const std::string& path)
{
    Value out;
    std::string type;
    std::string part;
    if (path == "metadata.name") {
        out.text = s.item.name;
    } else if (path == "metadata.namespace") {
        out.text = s.item.ns;
    } else if (conditionPath(path, type, part)) {
        const std::vector<stack::Condition>* conditions = kind.conditions(s);
        const auto found = conditions == nullptr ? nullptr : [&]() -> const stack::Condition* {
            for (const stack::Condition& condition : *conditions) {
                if (condition.type == type)
                    return &condition;
            }
            return nullptr;
        }();
        if (found == nullptr)
            return out;
        out.text = part == "status" ? found->status : part == "reason" ? found->reason : found->message;
        out.since = found->since;
    } else {
        for (const Field& field : kind.fields) {
            if (path == field.path)
                out.text = field.read(s);
        }
    }
    out.present = !out.text.empty();
    return out;
}

bool holds(const OwnCondition& condition, const Value& value, const Subject& s)
{
    const auto any = [&](auto test) {
        return std::any_of(condition.values.begin(), condition.values.end(), test);
    };
    bool good = false;
    switch (condition.test) {
    case OwnCondition::Test::Equals:
    case OwnCondition::Test::In:
        good = value.present && any([&](const std::string& each) { return each == value.text; });
        break;
    case OwnCondition::Test::Not:
        good = !any([&](const std::string& each) { return each == value.text; });
        break;
    case OwnCondition::Test::Contains:
        good = any([&](const std::string& each) { return value.text.find(each) != std::string::npos; });
        break;
    case OwnCondition::Test::Present:
        good = value.present == (condition.values.front() == "true");
        break;
    }
    return good && (condition.olderThan == 0 || olderThan(s, value.since, condition.olderThan));
}

std::string filled(const std::string& form, const Subject& s, const std::string& value)
{
    const std::array<std::pair<std::string_view, std::string_view>, 3> tokens = {
        {{"{name}", s.item.name}, {"{namespace}", s.item.ns}, {"{value}", value}}};
    std::string out;
    for (std::size_t at = 0; at < form.size();) {
        bool replaced = false;
        for (const auto& [token, text] : tokens) {
            if (std::string_view(form).substr(at).starts_with(token)) {
                out += text;
                at += token.size();
                replaced = true;
                break;
            }
        }
        if (!replaced)
            out += form[at++];
    }
    return out;
}

// --- reading

using Fault = std::string; // empty: none

std::optional<std::string> scalar(const YAML::Node& node)
{
    if (!node || !node.IsScalar())
        return std::nullopt;
    return cleanText(node.Scalar());
}

std::optional<UnixMs> duration(const std::string& text)
{
    if (text.size() < 2)
        return std::nullopt;
    std::int64_t count = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || stop != end || count <= 0 || count > 100000)
        return std::nullopt;
    switch (text.back()) {
    case 's':
        return count * 1000;
    case 'm':
        return count * 60 * 1000;
    case 'h':
        return count * 3600 * 1000;
    case 'd':
        return count * 24 * 3600 * 1000;
    default:
        return std::nullopt;
    }
}

// Keys nobody knows are mostly mistyped ones.
Fault unknownKey(const YAML::Node& map, std::initializer_list<std::string_view> known)
{
    for (const auto& entry : map) {
        const std::string key = scalar(entry.first).value_or(std::string());
        if (std::find(known.begin(), known.end(), key) == known.end())
            return say("“%1” is not known here", {key});
    }
    return {};
}

Fault readCondition(const YAML::Node& node, const Kind& kind, OwnCondition& out)
{
    if (!node.IsMap())
        return say("an entry of “when” must have a field and what it must say");
    if (Fault fault = unknownKey(node, {"field", "equals", "not", "contains", "in", "present", "olderThan"});
        !fault.empty())
        return fault;
    const auto field = scalar(node["field"]);
    if (!field || field->empty())
        return say("an entry of “when” has no “field”");
    out.field = *field;
    if (!knownField(kind, out.field)) {
        std::string known;
        for (const std::string& each : ownFields(kind.name))
            known += (known.empty() ? "" : ", ") + each;
        return say("%1 has no field “%2”; it has %3", {kind.name, out.field, known});
    }
    int tests = 0;
    using Test = OwnCondition::Test;
    static constexpr std::array<std::pair<const char*, Test>, 4> single = {{{"equals", Test::Equals},
                                                                            {"not", Test::Not},
                                                                            {"contains", Test::Contains},
                                                                            {"present", Test::Present}}};
    for (const auto& [key, test] : single) {
        if (!node[key])
            continue;
        const auto value = scalar(node[key]);
        if (!value)
            return say("“%1” of “%2” must be a text", {key, out.field});
        if (test == OwnCondition::Test::Present && *value != "true" && *value != "false")
            return say("“present” of “%1” must be true or false", {out.field});
        out.test = test;
        out.values = {*value};
        ++tests;
    }
    if (node["in"]) {
        if (!node["in"].IsSequence() || node["in"].size() == 0)
            return say("“in” of “%1” must be a list", {out.field});
        out.test = OwnCondition::Test::In;
        out.values.clear();
        for (const auto& each : node["in"])
            out.values.push_back(scalar(each).value_or(std::string()));
        ++tests;
    }
    if (tests != 1)
        return say("“%1” needs exactly one of equals, not, contains, in, present", {out.field});
    if (node["olderThan"]) {
        const auto age = duration(scalar(node["olderThan"]).value_or(std::string()));
        if (!age)
            return say("“olderThan” of “%1” must be like 30s, 10m, 2h or 1d", {out.field});
        if (!out.field.starts_with(kConditions))
            return say("“olderThan” is for conditions; “%1” tells no time", {out.field});
        out.olderThan = *age;
    }
    return {};
}

Fault readRule(const YAML::Node& node, OwnRule& out)
{
    if (!node.IsMap())
        return say("a rule must be a map");
    if (Fault fault = unknownKey(node, {"id", "kind", "when", "severity", "title", "remedy"}); !fault.empty())
        return fault;
    out.id = scalar(node["id"]).value_or(std::string());
    const bool good =
        !out.id.empty() && out.id.size() <= 40 && std::all_of(out.id.begin(), out.id.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!good)
        return say("“id” must be letters, digits and dashes");
    out.kind = scalar(node["kind"]).value_or(std::string());
    const Kind* kind = kindOf(out.kind);
    if (kind == nullptr) {
        std::string known;
        for (const std::string& each : ownKinds())
            known += (known.empty() ? "" : ", ") + each;
        return say("there is no kind “%1”; there are %2", {out.kind, known});
    }
    const std::string severity = scalar(node["severity"]).value_or("warning");
    if (severity == "info")
        out.severity = Severity::Info;
    else if (severity == "warning")
        out.severity = Severity::Warning;
    else if (severity == "critical")
        out.severity = Severity::Critical;
    else
        return say("“severity” must be info, warning or critical, not “%1”", {severity});
    out.title = scalar(node["title"]).value_or(std::string());
    if (out.title.empty())
        return say("it has no “title”");
    out.remedy = scalar(node["remedy"]).value_or(std::string());
    if (out.remedy.empty())
        return say("it has no “remedy”");
    if (!node["when"] || !node["when"].IsSequence() || node["when"].size() == 0)
        return say("“when” must be a list with at least one entry");
    for (const auto& each : node["when"]) {
        OwnCondition condition;
        if (Fault fault = readCondition(each, *kind, condition); !fault.empty())
            return fault;
        out.when.push_back(std::move(condition));
    }
    return {};
}

} // namespace

std::vector<std::string> ownKinds()
{
    std::vector<std::string> out;
    for (const Kind& kind : kinds())
        out.emplace_back(kind.name);
    return out;
}

std::vector<std::string> ownFields(std::string_view kind)
{
    std::vector<std::string> out;
    const Kind* found = kindOf(kind);
    if (found == nullptr)
        return out;
    out = {"metadata.name", "metadata.namespace"};
    for (const Field& field : found->fields)
        out.emplace_back(field.path);
    if (found->conditions != nullptr)
        out.emplace_back("status.conditions[TYPE].status|reason|message");
    return out;
}

Result<std::vector<OwnRule>> readOwnRules(std::string_view yaml, const std::string& file)
{
    const auto wrong = [&file](const std::string& what) {
        return fail(ErrorKind::Config, say("%1: %2.", {file, what}));
    };
    if (yaml.size() > kMostBytes)
        return wrong(say("the file is too large"));
    std::vector<OwnRule> out;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        if (!root.IsMap() || !root["rules"] || !root["rules"].IsSequence())
            return wrong(say("there is no list “rules”"));
        if (Fault fault = unknownKey(root, {"rules"}); !fault.empty())
            return wrong(fault);
        std::set<std::string> ids;
        std::size_t at = 0;
        for (const auto& node : root["rules"]) {
            ++at;
            OwnRule rule;
            if (Fault fault = readRule(node, rule); !fault.empty())
                return wrong(
                    say("rule %1%2: %3",
                        {std::to_string(at), rule.id.empty() ? std::string() : " (" + rule.id + ")", fault}));
            if (!ids.insert(rule.id).second)
                return wrong(say("rule %1: the id “%2” is taken", {std::to_string(at), rule.id}));
            if (out.size() == kMostRules)
                return wrong(say("there are more than %1 rules", {std::to_string(kMostRules)}));
            out.push_back(std::move(rule));
        }
    } catch (const YAML::Exception& exception) {
        return wrong(say("line %1: it is not valid YAML (%2)",
                         {std::to_string(exception.mark.line + 1), cleanText(exception.msg)}));
    }
    return out;
}

Result<std::vector<OwnRule>> readOwnRulesFrom(const std::string& folder)
{
    std::vector<OwnRule> out;
    std::error_code code;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
        if (entry.path().extension() == ".yaml")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::set<std::string> ids;
    for (const std::filesystem::path& file : files) {
        std::ifstream stream(file, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        if (!stream)
            return fail(ErrorKind::Config, say("%1 cannot be read.", {file.string()}));
        Result<std::vector<OwnRule>> rules = readOwnRules(text.str(), file.string());
        if (!rules)
            return rules;
        for (OwnRule& rule : *rules) {
            if (!ids.insert(rule.id).second)
                return fail(ErrorKind::Config,
                            say("%1: the id “%2” is taken by another file.", {file.string(), rule.id}));
            out.push_back(std::move(rule));
        }
    }
    return out;
}

std::vector<Finding> applyOwnRules(const std::vector<OwnRule>& rules, const Subject& subject)
{
    std::vector<Finding> out;
    for (const OwnRule& rule : rules) {
        const Kind* kind = kindOf(rule.kind);
        if (kind == nullptr || kind->item != subject.item.kind || !kind->there(subject))
            continue;
        Value first;
        bool all = true;
        for (std::size_t i = 0; i < rule.when.size() && all; ++i) {
            const Value value = valueOf(*kind, subject, rule.when[i].field);
            if (i == 0)
                first = value;
            all = holds(rule.when[i], value, subject);
        }
        if (!all)
            continue;
        const std::string object = rule.kind == "OuterNode" || rule.kind == "InnerNode" ? "Node"
                                   : rule.kind == "Host"                                ? "Capabilities"
                                                                                        : rule.kind;
        out.push_back(finding(subject, rule.id.c_str(), rule.severity,
                              filled(rule.title, subject, first.text),
                              filled(rule.remedy, subject, first.text),
                              fieldProof(subject, object.c_str(), rule.when.front().field,
                                         first.present ? first.text : tr("not set"), first.since)));
    }
    return out;
}

} // namespace strata::diagnosis
