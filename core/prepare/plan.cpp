// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/plan.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/provision/holdswork.h"
#include "core/provision/recipes/create_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace strata::prepare {

namespace {

using provision::Json;
using provision::Plan;
using provision::Predicate;
using provision::Ref;
using provision::Step;
using provision::Target;
using provision::Verb;
using provision::Wait;
using provision::Write;

constexpr const char* kTestName = "strata-test";

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("prepare", text), values);
}

// Does the server's value say what is wanted? Beyond it the server may have filled in what it likes.
bool contains(const Json& there, const Json& wanted)
{
    if (wanted.is_object()) {
        if (!there.is_object())
            return wanted.empty() && there.is_null();
        for (const auto& [key, value] : wanted.items()) {
            const auto found = there.find(key);
            if (found == there.end() ? !(value.is_null() || (value.is_structured() && value.empty()))
                                     : !contains(*found, value))
                return false;
        }
        return true;
    }
    if (wanted.is_array()) {
        if (!there.is_array() || there.size() != wanted.size())
            return false;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!contains(there[i], wanted[i]))
                return false;
        }
        return true;
    }
    return there == wanted;
}

void differ(const Json& there, const Json& wanted, Json& patch, Json& back)
{
    for (const auto& [key, value] : wanted.items()) {
        const auto found = there.find(key);
        if (found != there.end() && contains(*found, value))
            continue;
        if (found == there.end()) {
            if (value.is_null() || (value.is_structured() && value.empty()))
                continue;
            patch[key] = value;
            back[key] = nullptr;
        } else if (value.is_object() && found->is_object()) {
            patch[key] = Json::object();
            back[key] = Json::object();
            differ(*found, value, patch[key], back[key]);
        } else {
            patch[key] = value;
            back[key] = *found;
        }
    }
}

std::string label(const ComponentSpec& spec, const Part& part)
{
    return spec.title + " " + part.version;
}

std::string label(const Part& part)
{
    return part.title + (part.version.empty() ? "" : " " + part.version);
}

class Planner {
public:
    Planner(const Existing& existing, const Matrix& matrix, const PlanOptions& options)
        : m_existing(existing), m_matrix(matrix), m_options(options)
    {}

    Plan make(const std::vector<Part>& parts)
    {
        m_plan.id = m_options.id;
        m_plan.server = m_options.server;
        m_plan.action = "prepare";
        std::vector<std::string> names;
        spaces(parts);
        for (const Part& part : parts) {
            if (part.title.empty() || !part.first)
                continue;
            names.push_back(label(part));
            addon(part);
            m_network.push_back(m_last.count(part.id) != 0 ? m_last.at(part.id) : std::string());
        }
        std::erase(m_network, std::string());
        for (const Part& part : parts) {
            const ComponentSpec* spec = m_matrix.find(part.id);
            if (spec == nullptr)
                continue; // add-ons are below
            names.push_back(label(*spec, part));
            component(*spec, part);
            if (spec->testCertificate)
                certificate(*spec);
            for (const Object& object : part.objects)
                remember(object, part.id);
            if (spec->resource) // its operator defines more of that group
                m_definers.emplace(Object(spec->resource->apiVersion, spec->resource->kind, {}, {}).group(),
                                   part.id);
        }
        for (const Part& part : parts) {
            if (part.title.empty() || part.first)
                continue;
            names.push_back(label(part));
            addon(part);
        }
        std::string list;
        for (const std::string& name : names)
            list += (list.empty() ? "" : ", ") + name;
        m_plan.title = names.size() <= 2
                           ? say("Prepare the outer cluster: %1", {list})
                           : say("Prepare the outer cluster: %1 components", {std::to_string(names.size())});
        if (m_upgrades)
            m_plan.interruption.push_back(
                say("Controllers start again: for moments nobody reacts to changes. Running VMs go on."));
        return std::move(m_plan);
    }

private:
    // How an object gets as it is wanted; nothing when it is.
    bool add(Step& step, const Object& wanted)
    {
        const auto there = m_existing.find(keyOf(wanted));
        if (there == m_existing.end()) {
            Object object = wanted;
            provision::stampPlan(object, m_options.id);
            step.writes.push_back({Verb::Apply, Target::Outer, std::move(object)});
            return true;
        }
        Difference difference = differenceOf(wanted, there->second);
        if (difference.none)
            return false;
        m_upgrades = m_upgrades || wanted.kind() == "Deployment";
        const auto identified = [&](const Json& fields) {
            Json json{{"apiVersion", wanted.apiVersion()},
                      {"kind", wanted.kind()},
                      {"metadata", {{"name", wanted.name()}}}};
            if (!wanted.ns().empty())
                json["metadata"]["namespace"] = wanted.ns();
            for (const auto& [key, value] : fields.items()) {
                if (key == "metadata") {
                    for (const auto& [inner, each] : value.items())
                        json["metadata"][inner] = each;
                } else {
                    json[key] = value;
                }
            }
            return json;
        };
        Json patch = identified(difference.patch.json());
        patch["metadata"]["uid"] = there->second.uid();
        Write write{Verb::Change, Target::Outer, Object(std::move(patch))};
        write.body = Object(identified(difference.back.json()));
        step.writes.push_back(std::move(write));
        return true;
    }

    Wait wait(const Ref& ref, std::string what, std::vector<Predicate> anyOf,
              std::vector<Predicate> failsOn = {}) const
    {
        Wait out;
        out.ref = ref;
        out.what = std::move(what);
        out.anyOf = std::move(anyOf);
        out.failsOn = std::move(failsOn);
        return out;
    }

    void push(Step step, const std::string& id)
    {
        if (step.writes.empty() && step.waits.empty())
            return;
        step.timeoutSeconds = m_options.timeoutSeconds;
        m_last[id] = step.id;
        m_plan.steps.push_back(std::move(step));
    }

    // What must be done before a component: the component before its own next step, else what it needs.
    std::vector<std::string> before(const ComponentSpec& spec) const
    {
        if (const auto own = m_last.find(spec.id); own != m_last.end())
            return {own->second};
        std::set<std::string> out;
        if (const auto spaces = m_last.find(""); spaces != m_last.end())
            out.insert(spaces->second);
        out.insert(m_network.begin(), m_network.end());
        for (const std::string& id : spec.after)
            collect(id, out);
        return {out.begin(), out.end()};
    }
    // The same for an add-on: after what defines the kinds that it uses.
    std::vector<std::string> before(const Part& part) const
    {
        if (const auto own = m_last.find(part.id); own != m_last.end())
            return {own->second};
        std::set<std::string> out;
        if (const auto spaces = m_last.find(""); spaces != m_last.end())
            out.insert(spaces->second);
        out.insert(m_network.begin(), m_network.end());
        for (const Object& object : part.objects) {
            const auto definer = m_definers.find(object.group());
            if (definer == m_definers.end())
                continue;
            if (const auto last = m_last.find(definer->second); last != m_last.end())
                out.insert(last->second);
        }
        return {out.begin(), out.end()};
    }
    void remember(const Object& object, const std::string& id)
    {
        if (object.kind() == "CustomResourceDefinition")
            m_definers.emplace(object.text("spec.group").value_or(""), id);
    }
    void collect(const std::string& id, std::set<std::string>& out) const
    {
        if (const auto last = m_last.find(id); last != m_last.end()) {
            out.insert(last->second);
            return;
        }
        if (const ComponentSpec* spec = m_matrix.find(id)) {
            for (const std::string& earlier : spec->after)
                collect(earlier, out);
        }
    }

    void spaces(const std::vector<Part>& parts)
    {
        Step step;
        step.id = "namespaces";
        step.title = say("Namespaces");
        std::set<std::string> seen;
        bool inventory = false;
        for (const Part& part : parts) {
            inventory = inventory || part.inventory.has_value();
            for (const Object& object : part.objects) {
                if (object.kind() != "Namespace" || !seen.insert(object.name()).second ||
                    m_existing.count(keyOf(object)) != 0)
                    continue;
                Object space = object;
                provision::stampPlan(space, m_options.id);
                step.writes.push_back({Verb::Ensure, Target::Outer, std::move(space)});
            }
        }
        const bool test = std::any_of(parts.begin(), parts.end(), [this](const Part& part) {
            const ComponentSpec* spec = m_matrix.find(part.id);
            return spec != nullptr && spec->testCertificate;
        });
        if (test) {
            Object space("v1", "Namespace", "", testSpace());
            provision::stampPlan(space, m_options.id);
            step.writes.push_back({Verb::Ensure, Target::Outer, std::move(space)});
        }
        push(std::move(step), "");
        if (!inventory)
            return;
        Step kinds;
        kinds.id = "inventory";
        kinds.title = say("The inventory of clusterctl");
        if (const auto spaces = m_last.find(""); spaces != m_last.end())
            kinds.after = {spaces->second};
        const Object definition = inventoryDefinition();
        if (m_existing.count(keyOf(definition)) == 0) { // clusterctl's own is left alone
            add(kinds, definition);
            kinds.waits.push_back(wait(provision::refOf(definition), say("Its kind is served"),
                                       {{Predicate::Kind::Condition, "Established", "True"}}));
            push(std::move(kinds), "");
        }
    }

    // The definitions among the objects, each until it is served. What is new among them is marked with the
    // kinds that hold work, which undoing asks for.
    Step definitions(const std::string& id, const std::string& label,
                     const std::vector<std::string>& holdsWork, const std::vector<Object>& objects)
    {
        using Kind = Predicate::Kind;
        Step kinds;
        kinds.id = id + "-kinds";
        kinds.title = say("%1: definitions", {label});
        std::string work;
        for (const std::string& kind : holdsWork)
            work += (work.empty() ? "" : " ") + kind;
        for (const Object& object : objects) {
            if (object.kind() != "CustomResourceDefinition")
                continue;
            Object definition = object;
            if (m_existing.count(keyOf(object)) == 0 && !work.empty())
                definition.setAnnotation(provision::kHoldsWorkKey, work);
            if (add(kinds, definition))
                kinds.waits.push_back(wait(provision::refOf(object), say("%1 is served", {object.name()}),
                                           {{Kind::Condition, "Established", "True"}},
                                           {{Kind::Condition, "NamesAccepted", "False"}}));
        }
        return kinds;
    }

    void component(const ComponentSpec& spec, const Part& part)
    {
        using Kind = Predicate::Kind;
        Step kinds = definitions(spec.id, label(spec, part), spec.holdsWork, part.objects);
        kinds.after = before(spec);
        push(std::move(kinds), spec.id);

        Step runs;
        runs.id = spec.id + "-runs";
        runs.title = label(spec, part);
        runs.after = before(spec);
        for (const Object& object : part.objects) {
            if (object.kind() == "CustomResourceDefinition" || object.kind() == "Namespace")
                continue;
            add(runs, object);
        }
        for (const Object& object : part.objects) {
            if (object.kind() == "Deployment")
                waitForDeployment(runs, object);
        }
        push(std::move(runs), spec.id);

        if (part.resource && spec.resource) {
            Step step;
            step.id = spec.id + "-deployed";
            step.title = say("%1: until it is deployed", {label(spec, part)});
            step.after = before(spec);
            add(step, *part.resource);
            const Ref ref = provision::refOf(*part.resource);
            const std::string what = say("%1 %2 is deployed", {spec.title, part.version});
            // The version first: it is Deployed all along an upgrade.
            step.waits.push_back(wait(ref, what,
                                      {{Kind::Field, "status.observedKubeVirtVersion", part.version},
                                       {Kind::Field, "status.observedVersion", part.version}}));
            step.waits.push_back(wait(ref, what, {{Kind::Field, "status.phase", "Deployed"}},
                                      {{Kind::Field, "status.phase", "Error"}}));
            step.waits.push_back(wait(ref, what, {{Kind::Condition, "Available", "True"}}));
            for (const std::string& kind : spec.servedKinds)
                step.waits.push_back(wait({"apiextensions.k8s.io/v1", "CustomResourceDefinition", "", kind},
                                          say("%1 is served", {kind}),
                                          {{Kind::Condition, "Established", "True"}}));
            push(std::move(step), spec.id);
        }
        if (part.inventory) {
            Step step;
            step.id = spec.id + "-inventory";
            step.title = say("%1: clusterctl's inventory", {label(spec, part)});
            step.after = before(spec);
            add(step, *part.inventory);
            push(std::move(step), spec.id);
        }
    }

    void waitForDeployment(Step& step, const Object& object) const
    {
        using Kind = Predicate::Kind;
        step.waits.push_back(wait(provision::refOf(object), say("%1 is available", {object.name()}),
                                  {{Kind::Observed, "", ""}}));
        // The old ones are available all along an upgrade, and a Deployment is when most of its pods are.
        const std::string replicas = std::to_string(object.number("spec.replicas").value_or(1));
        for (const Predicate& each : {Predicate{Kind::AtLeast, "status.updatedReplicas", replicas},
                                      Predicate{Kind::Condition, "Available", "True"},
                                      Predicate{Kind::AtLeast, "status.availableReplicas", replicas}})
            step.waits.push_back(wait(provision::refOf(object), say("%1 is available", {object.name()}),
                                      {each}, {{Kind::Condition, "Progressing", "False"}}));
    }

    // As it is: definitions, what runs, and, when that answers, what is set for it.
    void addon(const Part& part)
    {
        using Kind = Predicate::Kind;
        Step kinds = definitions(part.id, label(part), part.holdsWork, part.objects);
        kinds.after = before(part);
        std::set<std::string> groups;
        for (const Object& object : part.objects) {
            if (object.kind() == "CustomResourceDefinition")
                groups.insert(object.text("spec.group").value_or(""));
        }
        push(std::move(kinds), part.id);
        Step runs;
        runs.id = part.id + "-runs";
        runs.title = label(part);
        runs.after = before(part);
        Step settings;
        settings.id = part.id + "-settings";
        settings.title = say("%1: settings", {label(part)});
        for (const Object& object : part.objects) {
            if (object.kind() == "CustomResourceDefinition" || object.kind() == "Namespace")
                continue;
            add(groups.count(object.group()) != 0 ? settings : runs, object);
        }
        for (const Object& object : part.objects) {
            if (object.kind() == "Deployment")
                waitForDeployment(runs, object);
            if (object.kind() != "DaemonSet" || object.group() != "apps")
                continue;
            for (const Predicate& each :
                 {Predicate{Kind::Observed, "", ""}, Predicate{Kind::Field, "status.numberUnavailable", "0"}})
                runs.waits.push_back(
                    wait(provision::refOf(object), say("%1 is available", {object.name()}), {each}));
        }
        push(std::move(runs), part.id);
        settings.after = before(part);
        push(std::move(settings), part.id);
        for (const Object& object : part.objects)
            remember(object, part.id);
    }

    // Goes with all that is made in it, secrets that nobody owns included.
    std::string testSpace() const { return std::string(kTestName) + "-" + toLower(m_options.id); }

    // The webhooks answer when a certificate comes of them; clusterctl asks the same way.
    void certificate(const ComponentSpec& spec)
    {
        Object issuer("cert-manager.io/v1", "Issuer", testSpace(), kTestName);
        issuer.edit()["spec"]["selfSigned"] = Json::object();
        Object wanted("cert-manager.io/v1", "Certificate", testSpace(), kTestName);
        Json& fields = wanted.edit()["spec"];
        fields["dnsNames"] = Json::array({"example.com"});
        fields["secretName"] = std::string(kTestName) + "-tls";
        fields["issuerRef"]["name"] = kTestName;
        provision::stampPlan(issuer, m_options.id);
        provision::stampPlan(wanted, m_options.id);
        Step step;
        step.id = spec.id + "-answers";
        step.title = say("%1 issues a certificate", {spec.title});
        step.after = before(spec);
        step.writes.push_back({Verb::Apply, Target::Outer, issuer});
        step.writes.push_back({Verb::Apply, Target::Outer, wanted});
        step.waits.push_back(wait(provision::refOf(wanted), say("A test certificate is issued"),
                                  {{Predicate::Kind::Condition, "Ready", "True"}}));
        push(std::move(step), spec.id);
        Step tidy;
        tidy.id = spec.id + "-tidy";
        tidy.title = say("%1: the test is put away", {spec.title});
        tidy.after = before(spec);
        tidy.writes.push_back({Verb::Delete, Target::Outer, Object("v1", "Namespace", "", testSpace())});
        tidy.waits.push_back(wait({"v1", "Namespace", "", testSpace()}, say("The test is gone"),
                                  {{Predicate::Kind::Gone, "", ""}}));
        push(std::move(tidy), spec.id);
    }

    const Existing& m_existing;
    const Matrix& m_matrix;
    const PlanOptions& m_options;
    Plan m_plan;
    std::map<std::string, std::string> m_last;     // of each component its last step; "": of all
    std::map<std::string, std::string> m_definers; // of API groups the part that defines them
    std::vector<std::string> m_network;            // last steps of pod networks: nothing runs before them
    bool m_upgrades = false;
};

} // namespace

std::string keyOf(const Object& object)
{
    return object.group() + "/" + object.kind() + "/" + object.ns() + "/" + object.name();
}

std::vector<Object> objectsOf(const std::vector<Part>& parts)
{
    std::vector<Object> out;
    bool inventory = false;
    for (const Part& part : parts) {
        out.insert(out.end(), part.objects.begin(), part.objects.end());
        if (part.resource)
            out.push_back(*part.resource);
        if (part.inventory)
            out.push_back(*part.inventory);
        inventory = inventory || part.inventory.has_value();
    }
    if (inventory)
        out.push_back(inventoryDefinition());
    return out;
}

Difference differenceOf(const Object& wanted, const Object& there)
{
    Json mine = wanted.json();
    for (const char* key : {"apiVersion", "kind", "status"})
        mine.erase(key);
    if (mine.contains("metadata") && mine["metadata"].is_object()) {
        Json meta = Json::object();
        for (const char* key : {"labels", "annotations"}) {
            if (mine["metadata"].contains(key) && mine["metadata"][key].is_object())
                meta[key] = mine["metadata"][key];
        }
        mine["metadata"] = std::move(meta);
    }
    // Written once, kept otherwise by the server.
    mine.erase("stringData");
    Json patch = Json::object();
    Json back = Json::object();
    differ(there.json(), mine, patch, back);
    Difference out;
    out.none = patch.empty();
    out.patch = Object(std::move(patch));
    out.back = Object(std::move(back));
    return out;
}

Plan makePlan(const std::vector<Part>& parts, const Existing& existing, const Matrix& matrix,
              const PlanOptions& options)
{
    return Planner(existing, matrix, options).make(parts);
}

} // namespace strata::prepare
