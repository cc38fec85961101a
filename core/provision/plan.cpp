// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/plan.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";

const std::vector<std::pair<Verb, const char*>> kVerbs = {{Verb::Ensure, "ensure"},
                                                          {Verb::Create, "create"},
                                                          {Verb::Apply, "apply"},
                                                          {Verb::Patch, "patch"},
                                                          {Verb::Delete, "delete"}};
const std::vector<std::pair<Predicate::Kind, const char*>> kPredicates = {
    {Predicate::Kind::Exists, "exists"},
    {Predicate::Kind::Condition, "condition"},
    {Predicate::Kind::Field, "field"},
    {Predicate::Kind::AtLeast, "atLeast"}};

std::string member(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json toJson(const Ref& ref)
{
    return {{"apiVersion", ref.apiVersion}, {"kind", ref.kind}, {"namespace", ref.ns}, {"name", ref.name}};
}

const Json* condition(const Json& list, const std::string& type)
{
    if (!list.is_array())
        return nullptr;
    for (const Json& item : list) {
        if (item.is_object() && member(item, "type") == type)
            return &item;
    }
    return nullptr;
}

// In status.conditions, else where Cluster API keeps the other contract's conditions.
const Json* condition(const Object& object, const std::string& type)
{
    const Json& json = object.json();
    static const std::vector<Json::json_pointer> kPlaces = {
        Json::json_pointer("/status/conditions"), Json::json_pointer("/status/v1beta2/conditions"),
        Json::json_pointer("/status/deprecated/v1beta1/conditions")};
    for (const auto& place : kPlaces) {
        if (!json.contains(place))
            continue;
        if (const Json* found = condition(json[place], type))
            return found;
    }
    return nullptr;
}

std::string conditionText(const Json& item)
{
    std::string text = member(item, "type") + " " + translate(kContext, "is") + " " + member(item, "status");
    if (!member(item, "reason").empty())
        text += " (" + member(item, "reason") + ")";
    if (!member(item, "message").empty())
        text += ": " + member(item, "message");
    return text;
}

} // namespace

std::string Ref::title() const
{
    return cleanText(kind + " " + (ns.empty() ? name : ns + "/" + name));
}

Ref refOf(const Object& object)
{
    return {object.apiVersion(), object.kind(), object.ns(), object.name()};
}

Judgement judge(const Wait& wait, const Object* object)
{
    Judgement judgement;
    if (object == nullptr) {
        judgement.evidence = arguments(translate(kContext, "%1 does not exist yet."), {wait.ref.title()});
        return judgement;
    }
    std::string evidence;
    for (const Predicate& predicate : wait.anyOf) {
        std::string said;
        switch (predicate.kind) {
        case Predicate::Kind::Exists:
            judgement.met = true;
            said = translate(kContext, "exists");
            break;
        case Predicate::Kind::Condition:
            if (const Json* found = condition(*object, predicate.path)) {
                judgement.met = member(*found, "status") == predicate.value;
                said = conditionText(*found);
            } else if (wait.anyOf.size() == 1) {
                said = arguments(translate(kContext, "%1 is not told yet"), {predicate.path});
            }
            break;
        case Predicate::Kind::Field:
        case Predicate::Kind::AtLeast: {
            const auto text = object->text(predicate.path);
            if (predicate.kind == Predicate::Kind::Field) {
                judgement.met = text && *text == predicate.value;
                if (text)
                    said = predicate.path + ": " + *text;
            } else {
                const std::int64_t has = object->number(predicate.path).value_or(0);
                judgement.met = has >= std::stoll(predicate.value);
                said = predicate.path + ": " +
                       arguments(translate(kContext, "%1 of %2"), {std::to_string(has), predicate.value});
            }
            break;
        }
        }
        if (judgement.met) {
            evidence = said;
            break;
        }
        if (!said.empty())
            evidence += (evidence.empty() ? "" : "; ") + said;
    }
    if (!judgement.met && evidence.empty())
        evidence = translate(kContext, "nothing is told yet");
    judgement.evidence = cleanText(wait.ref.title() + ": " + evidence);
    return judgement;
}

const Step* Plan::step(const std::string& stepId) const
{
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [&](const Step& candidate) { return candidate.id == stepId; });
    return found == steps.end() ? nullptr : &*found;
}

std::string newPlanId()
{
    static constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::random_device device;
    std::uniform_int_distribution<std::size_t> pick(0, kAlphabet.size() - 1);
    std::string id;
    for (int i = 0; i < 20; ++i)
        id += kAlphabet[pick(device)];
    return id;
}

const char* toString(Verb verb)
{
    for (const auto& [candidate, word] : kVerbs) {
        if (candidate == verb)
            return word;
    }
    return "";
}

std::string preview(const Plan& plan)
{
    std::string out = plan.title + "\n";
    int number = 0;
    for (const Step& step : plan.steps) {
        out += std::to_string(++number) + ". " + step.title + "\n";
        for (const Write& write : step.writes) {
            out += "   " + std::string(toString(write.verb)) + " " + write.object.title();
            if (write.target == Target::Inner)
                out += " " + translate(kContext, "in the new cluster");
            out += "\n";
        }
        for (const Wait& wait : step.waits) {
            out += "   " +
                   arguments(translate(kContext, "wait: %1 (%2, at most %3 min)"),
                             {wait.what, wait.ref.title(), std::to_string((step.timeoutSeconds + 59) / 60)}) +
                   "\n";
        }
    }
    return out;
}

Result<void> check(const Plan& plan)
{
    std::set<std::string> ids;
    for (const Step& step : plan.steps) {
        if (!ids.insert(step.id).second)
            return fail(ErrorKind::Internal, "The plan has two steps named " + step.id + ".");
    }
    std::set<std::string> done;
    std::size_t before = 0;
    do {
        before = done.size();
        for (const Step& step : plan.steps) {
            if (std::all_of(step.after.begin(), step.after.end(),
                            [&](const std::string& id) { return done.count(id) != 0; }))
                done.insert(step.id);
        }
    } while (done.size() != before);
    if (done.size() != plan.steps.size())
        return fail(ErrorKind::Internal,
                    "The plan's steps wait for each other or for a step that is not there.");
    return {};
}

std::string planToJson(const Plan& plan)
{
    Json json = {{"id", plan.id}, {"title", plan.title}, {"namespace", plan.ns}, {"cluster", plan.cluster}};
    if (!plan.server.empty())
        json["server"] = plan.server;
    Json& steps = json["steps"] = Json::array();
    for (const Step& step : plan.steps) {
        Json item = {
            {"id", step.id}, {"title", step.title}, {"after", step.after}, {"timeout", step.timeoutSeconds}};
        item["writes"] = Json::array();
        for (const Write& write : step.writes)
            item["writes"].push_back({{"verb", toString(write.verb)},
                                      {"inner", write.target == Target::Inner},
                                      {"object", write.object.json()}});
        item["waits"] = Json::array();
        for (const Wait& wait : step.waits) {
            Json any = Json::array();
            for (const Predicate& predicate : wait.anyOf) {
                const auto word = std::find_if(kPredicates.begin(), kPredicates.end(), [&](const auto& pair) {
                    return pair.first == predicate.kind;
                });
                any.push_back({{"kind", word->second}, {"path", predicate.path}, {"value", predicate.value}});
            }
            item["waits"].push_back({{"inner", wait.target == Target::Inner},
                                     {"ref", toJson(wait.ref)},
                                     {"what", wait.what},
                                     {"anyOf", any}});
        }
        steps.push_back(std::move(item));
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Plan> planFromJson(std::string_view text)
{
    const auto bad = [] {
        return fail(ErrorKind::Config, translate(kContext, "The recorded plan cannot be read."));
    };
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("steps") || !json["steps"].is_array())
        return bad();
    Plan plan;
    plan.id = member(json, "id");
    plan.title = member(json, "title");
    plan.ns = member(json, "namespace");
    plan.cluster = member(json, "cluster");
    plan.server = member(json, "server");
    for (const Json& item : json["steps"]) {
        if (!item.is_object() || !item.contains("after") || !item["after"].is_array() ||
            !item.contains("writes") || !item["writes"].is_array() || !item.contains("waits") ||
            !item["waits"].is_array())
            return bad();
        Step step;
        step.id = member(item, "id");
        step.title = member(item, "title");
        const auto timeout = item.find("timeout");
        step.timeoutSeconds = timeout != item.end() && timeout->is_number_integer() ? timeout->get<int>() : 0;
        for (const Json& id : item["after"]) {
            if (!id.is_string())
                return bad();
            step.after.push_back(id.get<std::string>());
        }
        for (const Json& entry : item["writes"]) {
            if (!entry.is_object() || !entry.contains("object") || !entry["object"].is_object())
                return bad();
            const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const auto& pair) {
                return pair.second == member(entry, "verb");
            });
            if (verb == kVerbs.end())
                return bad();
            step.writes.push_back({verb->first, entry.value("inner", false) ? Target::Inner : Target::Outer,
                                   Object(entry["object"])});
        }
        for (const Json& entry : item["waits"]) {
            if (!entry.is_object() || !entry.contains("ref") || !entry["ref"].is_object() ||
                !entry.contains("anyOf") || !entry["anyOf"].is_array())
                return bad();
            Wait wait;
            wait.target = entry.value("inner", false) ? Target::Inner : Target::Outer;
            const Json& ref = entry["ref"];
            wait.ref = {member(ref, "apiVersion"), member(ref, "kind"), member(ref, "namespace"),
                        member(ref, "name")};
            wait.what = member(entry, "what");
            for (const Json& any : entry["anyOf"]) {
                if (!any.is_object())
                    return bad();
                const auto kind = std::find_if(kPredicates.begin(), kPredicates.end(), [&](const auto& pair) {
                    return pair.second == member(any, "kind");
                });
                if (kind == kPredicates.end())
                    return bad();
                wait.anyOf.push_back({kind->first, member(any, "path"), member(any, "value")});
                if (kind->first == Predicate::Kind::AtLeast &&
                    (wait.anyOf.back().value.empty() || wait.anyOf.back().value.size() > 9 ||
                     wait.anyOf.back().value.find_first_not_of("0123456789") != std::string::npos))
                    return bad();
            }
            step.waits.push_back(std::move(wait));
        }
        plan.steps.push_back(std::move(step));
    }
    if (auto sound = check(plan); !sound)
        return tl::unexpected(sound.error());
    return plan;
}

} // namespace strata::provision
