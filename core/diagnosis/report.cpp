// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/report.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/diagnosis/catalogue.h"
#include "core/diagnosis/rule.h"

#include <nlohmann/json.hpp>

namespace strata::diagnosis {
namespace {

using nlohmann::json;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Diagnosis", text), values);
}

void addCount(std::string& out, std::size_t count, const char* one, const char* many)
{
    if (count == 0)
        return;
    if (!out.empty())
        out += ", ";
    out += count == 1 ? say(one) : say(many, {std::to_string(count)});
}

std::string proofText(const Proof& proof)
{
    std::string out = objectText(proof.object);
    if (!proof.field.empty())
        out += (out.empty() ? "" : " · ") + proof.field;
    return out + " = " + cleanText(proof.value);
}

json findingJson(const stack::Stack& stack, const Finding& finding)
{
    json out = {{"rule", finding.rule},
                {"severity", toString(finding.severity)},
                {"title", finding.title},
                {"remedy", finding.remedy},
                {"key", finding.key}};
    if (const stack::Item* item = stack.find(finding.subject))
        out["subject"] = {{"kind", toString(item->kind)},
                          {"layer", toString(item->layer)},
                          {"name", item->name},
                          {"namespace", item->ns},
                          {"tenant", item->tenant}};
    if (const stack::SourceState* source = stack.source(finding.source))
        out["source"] = source->name;
    if (finding.since() != 0)
        out["since"] = formatRfc3339(finding.since());
    json proofs = json::array();
    for (const Proof& proof : finding.evidence) {
        json each = {{"kind", proof.object.kind},
                     {"namespace", proof.object.ns},
                     {"name", proof.object.name},
                     {"field", proof.field},
                     {"value", proof.value}};
        if (proof.since != 0)
            each["since"] = formatRfc3339(proof.since);
        proofs.push_back(std::move(each));
    }
    out["evidence"] = std::move(proofs);
    json commands = json::array();
    for (const Command& command : commandsFor(stack, finding))
        commands.push_back(commandLine(stack, command, {}));
    out["commands"] = std::move(commands);
    return out;
}

} // namespace

std::string objectText(const stack::ObjectRef& object)
{
    std::string out = object.kind;
    if (!object.name.empty())
        out += " " + (object.ns.empty() ? object.name : object.ns + "/" + object.name);
    return out;
}

std::string explainedText(const Problem& problem)
{
    std::string out;
    addCount(out, problem.tenants > 1 ? problem.tenants : 0, "1 tenant", "%1 tenants");
    addCount(out, problem.machines, "1 cluster object", "%1 cluster objects");
    addCount(out, problem.vms, "1 VM", "%1 VMs");
    addCount(out, problem.nodes, "1 node", "%1 nodes");
    addCount(out, problem.workloads, "1 workload", "%1 workloads");
    return out;
}

std::string carriedText(const Problem& problem)
{
    std::string out;
    addCount(out, problem.carriedVms, "1 VM", "%1 VMs");
    addCount(out, problem.carriedPods, "1 pod", "%1 pods");
    return out;
}

std::string problemsText(const stack::Stack& stack, const std::vector<Problem>& problems, UnixMs now,
                         bool notes)
{
    std::string out;
    std::size_t hidden = 0;
    for (const Problem& problem : problems) {
        const Finding& root = problem.root;
        if (root.severity == Severity::Info && !notes) {
            ++hidden;
            continue;
        }
        if (!out.empty())
            out += "\n";
        static const char* const words[] = {"note", "warning", "CRITICAL"};
        out += std::string(words[static_cast<std::size_t>(root.severity)]) + "  " + root.title + "  [" +
               root.rule + "]";
        if (root.since() != 0 && now > root.since())
            out += "  " + say("for %1", {formatAge(now - root.since())});
        out += "\n";
        for (const Proof& proof : root.evidence)
            out += "    " + say("proof:") + "    " + proofText(proof) + "\n";
        for (const Finding& also : problem.also)
            out += "    " + say("also:") + "     " + also.title + "  [" + also.rule + "]\n";
        if (const std::string explained = explainedText(problem); !explained.empty())
            out += "    " + say("explains:") + " " + explained + "\n";
        if (const std::string carried = carriedText(problem); !carried.empty())
            out += "    " + say("carries:") + "  " + carried + "\n";
        if (!root.remedy.empty())
            out += "    " + say("remedy:") + "   " + root.remedy + "\n";
        for (const Command& command : commandsFor(stack, root))
            out += "    $ " + commandLine(stack, command, {}) + "\n";
    }
    if (hidden > 0)
        out += (out.empty() ? "" : "\n") +
               (hidden == 1 ? say("1 note; --notes lists it.")
                            : say("%1 notes; --notes lists them.", {std::to_string(hidden)})) +
               "\n";
    return out;
}

std::string problemsJson(const stack::Stack& stack, const std::vector<Problem>& problems)
{
    json found = json::array();
    json notes = json::array();
    for (const Problem& problem : problems) {
        json each = findingJson(stack, problem.root);
        if (problem.root.severity == Severity::Info) {
            notes.push_back(std::move(each));
            continue;
        }
        json explains = json::array();
        for (const stack::ItemId id : problem.explains) {
            const stack::Item* item = stack.find(id);
            if (item != nullptr)
                explains.push_back(
                    {{"kind", toString(item->kind)}, {"name", item->name}, {"namespace", item->ns}});
        }
        each["explains"] = std::move(explains);
        each["carries"] = {{"vms", problem.carriedVms}, {"pods", problem.carriedPods}};
        each["tenants"] = problem.tenants;
        json also = json::array();
        for (const Finding& finding : problem.also)
            also.push_back(findingJson(stack, finding));
        each["also"] = std::move(also);
        found.push_back(std::move(each));
    }
    const json out = {{"problems", std::move(found)}, {"notes", std::move(notes)}};
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string rulesText()
{
    std::string out;
    for (const RuleInfo& rule : catalogue()) {
        std::string line = rule.id;
        line.resize(5, ' ');
        line += toString(rule.basis);
        line.resize(14, ' ');
        line += tr(marked(rule.what));
        if (rule.needs[0] != '\0')
            line += "  " + tr("(not looked at: %1)", {tr(marked(rule.needs))});
        out += line + "\n";
    }
    return out;
}

std::string rulesJson()
{
    json out = json::array();
    for (const RuleInfo& rule : catalogue())
        out.push_back({{"id", rule.id},
                       {"what", tr(marked(rule.what))},
                       {"basis", toString(rule.basis)},
                       {"needs", rule.needs[0] != '\0' ? tr(marked(rule.needs)) : std::string()}});
    return out.dump(2);
}

} // namespace strata::diagnosis
