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

const std::vector<std::pair<Verb, const char*>> kVerbs = {
    {Verb::Ensure, "ensure"}, {Verb::Create, "create"}, {Verb::Apply, "apply"},
    {Verb::Patch, "patch"},   {Verb::Delete, "delete"}, {Verb::Change, "change"},
    {Verb::Remove, "remove"}, {Verb::Call, "call"},     {Verb::Drain, "drain"}};
const std::vector<std::pair<Predicate::Kind, const char*>> kPredicates = {
    {Predicate::Kind::Exists, "exists"},
    {Predicate::Kind::Condition, "condition"},
    {Predicate::Kind::Field, "field"},
    {Predicate::Kind::AtLeast, "atLeast"},
    {Predicate::Kind::Gone, "gone"},
    {Predicate::Kind::Replaced, "replaced"},
    {Predicate::Kind::NotCondition, "notCondition"},
    {Predicate::Kind::Observed, "observed"}};

std::string member(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json toJson(const Ref& ref)
{
    return {{"apiVersion", ref.apiVersion}, {"kind", ref.kind}, {"namespace", ref.ns}, {"name", ref.name}};
}

Json toJson(const std::vector<Predicate>& predicates)
{
    Json all = Json::array();
    for (const Predicate& predicate : predicates) {
        const auto word = std::find_if(kPredicates.begin(), kPredicates.end(),
                                       [&](const auto& pair) { return pair.first == predicate.kind; });
        all.push_back({{"kind", word->second}, {"path", predicate.path}, {"value", predicate.value}});
    }
    return all;
}

// False when it is none.
bool fromJson(const Json& list, std::vector<Predicate>& predicates)
{
    if (!list.is_array())
        return false;
    for (const Json& item : list) {
        if (!item.is_object())
            return false;
        const std::string word = member(item, "kind");
        const auto kind = std::find_if(kPredicates.begin(), kPredicates.end(),
                                       [&](const auto& pair) { return pair.second == word; });
        if (kind == kPredicates.end())
            return false;
        Predicate predicate{kind->first, member(item, "path"), member(item, "value")};
        if (predicate.kind == Predicate::Kind::AtLeast &&
            (predicate.value.empty() || predicate.value.size() > 9 ||
             predicate.value.find_first_not_of("0123456789") != std::string::npos))
            return false;
        predicates.push_back(std::move(predicate));
    }
    return true;
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

namespace {

// Who holds an object that is being deleted, and since when it goes.
std::string goingText(const Object& object)
{
    std::string said = translate(kContext, "is going");
    const std::string since = object.text("metadata.deletionTimestamp").value_or("");
    if (!since.empty())
        said = arguments(translate(kContext, "is going since %1"), {since});
    std::string holders;
    const Json& json = object.json();
    if (json.contains("metadata") && json["metadata"].contains("finalizers") &&
        json["metadata"]["finalizers"].is_array()) {
        for (const Json& name : json["metadata"]["finalizers"]) {
            if (name.is_string())
                holders += (holders.empty() ? "" : ", ") + name.get<std::string>();
        }
    }
    if (!holders.empty())
        said += ", " + arguments(translate(kContext, "held by %1"), {holders});
    if (const Json* deleting = condition(object, "Deleting");
        deleting != nullptr && member(*deleting, "status") == "True")
        said += "; " + member(*deleting, "reason") +
                (member(*deleting, "message").empty() ? "" : ": " + member(*deleting, "message"));
    return said;
}

// Whether one predicate holds of an object, and what was seen; nothing seen: not told yet.
bool holds(const Predicate& predicate, const Object& object, std::string& said)
{
    switch (predicate.kind) {
    case Predicate::Kind::Exists:
        said = translate(kContext, "exists");
        return true;
    case Predicate::Kind::Gone:
        said = object.deleting() ? goingText(object) : translate(kContext, "is there");
        return !predicate.value.empty() && object.uid() != predicate.value;
    case Predicate::Kind::Replaced:
        if (object.uid() == predicate.value) {
            said = object.deleting() ? translate(kContext, "the old one is going")
                                     : translate(kContext, "the old one is there");
            return false;
        }
        said = translate(kContext, "a new one is there");
        return true;
    case Predicate::Kind::Condition:
    case Predicate::Kind::NotCondition: {
        const Json* found = condition(object, predicate.path);
        if (found != nullptr)
            said = conditionText(*found);
        else if (predicate.kind == Predicate::Kind::NotCondition)
            said = arguments(translate(kContext, "%1 is not set"), {predicate.path});
        const bool has = found != nullptr && member(*found, "status") == predicate.value;
        return has == (predicate.kind == Predicate::Kind::Condition);
    }
    case Predicate::Kind::Observed:
        said = translate(kContext, "its controller has not seen the change yet");
        if (object.number("status.observedGeneration").value_or(-1) <
            object.number("metadata.generation").value_or(0))
            return false;
        said = translate(kContext, "its controller has seen the change");
        return true;
    case Predicate::Kind::Field: {
        const auto text = object.text(predicate.path);
        if (text)
            said = predicate.path + ": " + *text;
        // A number that is 0 is left out by those who write it.
        return text ? *text == predicate.value : predicate.value == "0";
    }
    case Predicate::Kind::AtLeast: {
        const std::int64_t has = object.number(predicate.path).value_or(0);
        said = predicate.path + ": " +
               arguments(translate(kContext, "%1 of %2"), {std::to_string(has), predicate.value});
        return has >= std::stoll(predicate.value);
    }
    }
    return false;
}

} // namespace

Judgement judge(const Wait& wait, const Object* object)
{
    Judgement judgement;
    if (object == nullptr) {
        judgement.met = std::any_of(wait.anyOf.begin(), wait.anyOf.end(), [](const Predicate& predicate) {
            return predicate.kind == Predicate::Kind::Gone;
        });
        judgement.evidence =
            arguments(translate(kContext, judgement.met ? "%1 is gone." : "%1 does not exist yet."),
                      {wait.ref.title()});
        return judgement;
    }
    std::string evidence;
    for (const Predicate& predicate : wait.anyOf) {
        std::string said;
        judgement.met = holds(predicate, *object, said);
        if (said.empty() && wait.anyOf.size() == 1 && predicate.kind == Predicate::Kind::Condition)
            said = arguments(translate(kContext, "%1 is not told yet"), {predicate.path});
        if (judgement.met) {
            evidence = said;
            break;
        }
        if (!said.empty())
            evidence += (evidence.empty() ? "" : "; ") + said;
    }
    if (!judgement.met) {
        for (const Predicate& predicate : wait.failsOn) {
            std::string said;
            if (holds(predicate, *object, said)) {
                judgement.failed = true;
                evidence = said;
                break;
            }
        }
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

bool ofOthers(Verb verb)
{
    return verb == Verb::Change || verb == Verb::Remove || verb == Verb::Call || verb == Verb::Drain;
}

bool canBeUndone(const Write& write)
{
    switch (write.verb) {
    case Verb::Ensure:
    case Verb::Create:
    case Verb::Apply:
        return write.target == Target::Outer && !write.keep;
    case Verb::Drain: // who was told to leave and has not left stays
        return true;
    case Verb::Change:
        return !changesOf(write.body).empty();
    case Verb::Patch:
    case Verb::Delete:
    case Verb::Remove:
    case Verb::Call:
        return false;
    }
    return false;
}

bool canBeUndone(const Plan& plan)
{
    return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
        return std::any_of(step.writes.begin(), step.writes.end(),
                           [](const Write& write) { return canBeUndone(write); });
    });
}

namespace {

void flatten(const Json& value, const std::string& path, std::vector<std::string>& out)
{
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, inside] : value.items())
            flatten(inside, path.empty() ? key : path + "." + key, out);
        return;
    }
    std::string text = value.is_string() ? value.get<std::string>()
                       : value.is_null() ? std::string()
                                         : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    out.push_back(cleanText(path + ": " + text, 300));
}

} // namespace

std::vector<std::string> changesOf(const Object& patch)
{
    std::vector<std::string> out;
    for (const auto& [key, value] : patch.json().items()) {
        if (key == "apiVersion" || key == "kind")
            continue;
        if (key != "metadata") {
            flatten(value, key, out);
            continue;
        }
        for (const auto& [inside, part] : value.items()) {
            if (inside != "name" && inside != "namespace" && inside != "uid")
                flatten(part, "metadata." + inside, out);
        }
    }
    return out;
}

std::string preview(const Plan& plan)
{
    std::string out = plan.title + "\n";
    for (const std::string& sentence : plan.interruption)
        out += "   " + sentence + "\n";
    int number = 0;
    for (const Step& step : plan.steps) {
        out += std::to_string(++number) + ". " + step.title + "\n";
        for (const Write& write : step.writes) {
            out += "   " + std::string(write.verb == Verb::Call ? write.call.c_str() : toString(write.verb)) +
                   " " + write.object.title();
            if (write.target == Target::Inner)
                out += " " + (plan.action.empty() ? translate(kContext, "in the new cluster")
                                                  : translate(kContext, "in the tenant cluster"));
            out += "\n";
            if (write.verb == Verb::Change) {
                for (const std::string& change : changesOf(write.object))
                    out += "     " + change + "\n";
            }
        }
        // Several fields of one object are one thing to a reader.
        std::string last;
        for (const Wait& wait : step.waits) {
            std::string line =
                "   " +
                arguments(translate(kContext, "wait: %1 (%2, at most %3 min)"),
                          {wait.what, wait.ref.title(), std::to_string((step.timeoutSeconds + 59) / 60)}) +
                "\n";
            if (line != last)
                out += line;
            last = std::move(line);
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
    if (!plan.action.empty())
        json["action"] = plan.action;
    if (!plan.interruption.empty())
        json["interruption"] = plan.interruption;
    Json& steps = json["steps"] = Json::array();
    for (const Step& step : plan.steps) {
        Json item = {
            {"id", step.id}, {"title", step.title}, {"after", step.after}, {"timeout", step.timeoutSeconds}};
        if (!step.checks.empty())
            item["checks"] = step.checks;
        item["writes"] = Json::array();
        for (const Write& write : step.writes) {
            Json entry = {{"verb", toString(write.verb)},
                          {"inner", write.target == Target::Inner},
                          {"object", write.object.json()}};
            if (!write.call.empty())
                entry["call"] = write.call;
            if (!write.body.json().empty())
                entry["body"] = write.body.json();
            if (write.keep)
                entry["keep"] = true;
            item["writes"].push_back(std::move(entry));
        }
        item["waits"] = Json::array();
        for (const Wait& wait : step.waits) {
            Json entry = {{"inner", wait.target == Target::Inner},
                          {"ref", toJson(wait.ref)},
                          {"what", wait.what},
                          {"anyOf", toJson(wait.anyOf)}};
            if (!wait.failsOn.empty())
                entry["failsOn"] = toJson(wait.failsOn);
            item["waits"].push_back(std::move(entry));
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
    plan.action = member(json, "action");
    if (const auto told = json.find("interruption"); told != json.end() && told->is_array()) {
        for (const Json& sentence : *told) {
            if (sentence.is_string())
                plan.interruption.push_back(sentence.get<std::string>());
        }
    }
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
        if (const auto checks = item.find("checks"); checks != item.end() && checks->is_array()) {
            for (const Json& id : *checks) {
                if (id.is_string())
                    step.checks.push_back(id.get<std::string>());
            }
        }
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
            Write write{verb->first, entry.value("inner", false) ? Target::Inner : Target::Outer,
                        Object(entry["object"])};
            write.call = member(entry, "call");
            write.keep = entry.value("keep", false);
            if (entry.contains("body")) {
                if (!entry["body"].is_object())
                    return bad();
                write.body = Object(entry["body"]);
            }
            step.writes.push_back(std::move(write));
        }
        for (const Json& entry : item["waits"]) {
            if (!entry.is_object() || !entry.contains("ref") || !entry["ref"].is_object() ||
                !entry.contains("anyOf"))
                return bad();
            Wait wait;
            wait.target = entry.value("inner", false) ? Target::Inner : Target::Outer;
            const Json& ref = entry["ref"];
            wait.ref = {member(ref, "apiVersion"), member(ref, "kind"), member(ref, "namespace"),
                        member(ref, "name")};
            wait.what = member(entry, "what");
            if (!fromJson(entry["anyOf"], wait.anyOf) ||
                (entry.contains("failsOn") && !fromJson(entry["failsOn"], wait.failsOn)))
                return bad();
            step.waits.push_back(std::move(wait));
        }
        plan.steps.push_back(std::move(step));
    }
    if (auto sound = check(plan); !sound)
        return tl::unexpected(sound.error());
    return plan;
}

} // namespace strata::provision
