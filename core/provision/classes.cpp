// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/provision/classes.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <regex>

namespace strata::provision {

namespace {

constexpr const char* kContext = "provision";
constexpr int kDeepest = 12;

std::string say(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate(kContext, text), values);
}

const Json& at(const Json& json, const char* pointer)
{
    static const Json kNothing;
    const Json::json_pointer place(pointer);
    return json.contains(place) ? json[place] : kNothing;
}

std::string textAt(const Json& json, const char* pointer)
{
    const Json& value = at(json, pointer);
    return value.is_string() ? value.get<std::string>() : std::string();
}

bool endsWith(const std::string& text, std::string_view end)
{
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string shownValue(const Json& value)
{
    return cleanText(value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', false, Json::error_handler_t::replace),
                     60);
}

bool fitsType(const std::string& type, const Json& value)
{
    if (type == "string")
        return value.is_string();
    if (type == "integer")
        return value.is_number_integer();
    if (type == "number")
        return value.is_number();
    if (type == "boolean")
        return value.is_boolean();
    if (type == "object")
        return value.is_object();
    if (type == "array")
        return value.is_array();
    return true;
}

std::string typeWords(const std::string& type)
{
    if (type == "string")
        return say("a text");
    if (type == "integer")
        return say("a whole number");
    if (type == "number")
        return say("a number");
    if (type == "boolean")
        return say("true or false");
    if (type == "object")
        return say("a mapping of fields");
    return say("a list");
}

void check(const Json& schema, const Json& value, const std::string& field, const TellProblem& tell,
           int depth)
{
    if (!schema.is_object() || depth > kDeepest)
        return;
    const std::string type = textAt(schema, "/type");
    const auto wrong = [&](const std::string& remedy) {
        tell(field, say("“%1” does not fit here.", {shownValue(value)}), remedy);
    };
    if (!fitsType(type, value)) {
        wrong(say("Write %1.", {typeWords(type)}));
        return;
    }
    if (const Json& choices = at(schema, "/enum"); choices.is_array()) {
        if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
            std::string all;
            for (const Json& choice : choices)
                all += (all.empty() ? "" : ", ") + shownValue(choice);
            wrong(say("Write %1.", {say("one of: %1", {all})}));
            return;
        }
    }
    if (value.is_number()) {
        const double number = value.get<double>();
        const Json& least = at(schema, "/minimum");
        const Json& most = at(schema, "/maximum");
        const bool beyond = least.is_number() && number == least.get<double>() &&
                            at(schema, "/exclusiveMinimum") == Json(true);
        if (least.is_number() && (number < least.get<double>() || beyond))
            wrong(say("Use %1 or more.", {shownValue(least)}));
        else if (most.is_number() && number > most.get<double>())
            wrong(say("Use %1 or less.", {shownValue(most)}));
    } else if (value.is_string()) {
        const std::string text = value.get<std::string>();
        const Json& shortest = at(schema, "/minLength");
        const Json& longest = at(schema, "/maxLength");
        if (shortest.is_number_integer() && text.size() < shortest.get<std::size_t>())
            wrong(say("Use at least %1 characters.", {shownValue(shortest)}));
        else if (longest.is_number_integer() && text.size() > longest.get<std::size_t>())
            wrong(say("Use at most %1 characters.", {shownValue(longest)}));
        const std::string pattern = textAt(schema, "/pattern");
        // The server's dialect is another one; what is not understood here is left to its dry run.
        if (!pattern.empty() && pattern.size() < 300 && text.size() < 300) {
            try {
                if (!std::regex_search(text, std::regex(pattern, std::regex::ECMAScript)))
                    wrong(say("It must match %1.", {cleanText(pattern, 100)}));
            } catch (const std::regex_error&) {
            }
        }
    } else if (value.is_object()) {
        for (const Json& name : at(schema, "/required")) {
            if (name.is_string() && !value.contains(name.get<std::string>()))
                tell(field + "." + cleanText(name.get<std::string>(), 60), say("A value is needed."),
                     say("The class has no default for it."));
        }
        const Json& properties = at(schema, "/properties");
        for (const auto& [key, item] : value.items()) {
            const std::string name = field + "." + cleanText(key, 60);
            if (properties.is_object() && properties.contains(key))
                check(properties[key], item, name, tell, depth + 1);
            else if (const Json& rest = at(schema, "/additionalProperties"); rest.is_object())
                check(rest, item, name, tell, depth + 1);
            else if (properties.is_object() &&
                     at(schema, "/x-kubernetes-preserve-unknown-fields") != Json(true) && rest != Json(true))
                tell(name, say("This field is not known."), say("Remove it."));
        }
    } else if (value.is_array()) {
        const Json& fewest = at(schema, "/minItems");
        if (fewest.is_number_integer() && value.size() < fewest.get<std::size_t>())
            wrong(say("Use at least %1 items.", {shownValue(fewest)}));
        for (std::size_t i = 0; i < value.size(); ++i)
            check(at(schema, "/items"), value[i], field + "[" + std::to_string(i) + "]", tell, depth + 1);
    }
}

} // namespace

std::string ClassVariable::type() const
{
    return textAt(schema.json(), "/type");
}

std::string ClassVariable::description() const
{
    return cleanText(textAt(schema.json(), "/description"), 300);
}

std::vector<std::string> ClassVariable::choices() const
{
    std::vector<std::string> all;
    if (type() != "string")
        return all;
    for (const Json& choice : at(schema.json(), "/enum")) {
        if (choice.is_string())
            all.push_back(choice.get<std::string>());
    }
    return all;
}

std::string ClassVariable::standard() const
{
    const Json& value = at(schema.json(), "/default");
    return value.is_null() ? std::string() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<ClassVariable> ClassVariable::fields() const
{
    std::vector<ClassVariable> all;
    const Json& properties = at(schema.json(), "/properties");
    if (type() != "object" || !properties.is_object())
        return all;
    for (const auto& [key, inner] : properties.items()) {
        ClassVariable field;
        field.name = cleanText(key, 100);
        field.schema = Object(inner);
        const std::string kind = field.type();
        if (kind != "string" && kind != "integer" && kind != "number" && kind != "boolean")
            return {};
        all.push_back(std::move(field));
    }
    return all;
}

std::string valueFromInput(const ClassVariable& variable, const std::string& typed)
{
    const std::string type = variable.type();
    if (type != "string") {
        if (type == "object" || type == "array") {
            const auto parsed = parseYaml(typed, "value");
            if (parsed && parsed->size() == 1)
                return parsed->front().dump(-1, ' ', false, Json::error_handler_t::replace);
        } else if (const Json value = Json::parse(typed, nullptr, false); !value.is_discarded()) {
            return value.dump(-1, ' ', false, Json::error_handler_t::replace);
        }
    }
    return Json(typed).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string inputFromValue(const std::string& json)
{
    const Json value = Json::parse(json, nullptr, false);
    return value.is_string() ? value.get<std::string>() : value.is_discarded() ? std::string() : json;
}

std::string memberOf(const std::string& json, const std::string& key)
{
    const Json value = Json::parse(json, nullptr, false);
    return value.is_object() && value.contains(key)
               ? value[key].dump(-1, ' ', false, Json::error_handler_t::replace)
               : std::string();
}

std::string withMember(const std::string& json, const std::string& key, const std::string& value)
{
    Json object = Json::parse(json, nullptr, false);
    if (!object.is_object())
        object = Json::object();
    const Json member = Json::parse(value, nullptr, false);
    if (value.empty() || member.is_discarded())
        object.erase(key);
    else
        object[key] = member;
    return object.empty() ? std::string() : object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const ClassVariable* KnownClass::variable(const std::string& called) const
{
    const auto found = std::find_if(variables.begin(), variables.end(),
                                    [&](const ClassVariable& each) { return each.name == called; });
    return found == variables.end() ? nullptr : &*found;
}

KnownClass readClass(const Json& object)
{
    KnownClass known;
    known.name = cleanText(textAt(object, "/metadata/name"), 253);
    known.ns = cleanText(textAt(object, "/metadata/namespace"), 253);
    for (const Json& item : at(object, "/spec/variables")) {
        ClassVariable variable;
        variable.name = cleanText(textAt(item, "/name"), 100);
        variable.required = at(item, "/required") == Json(true);
        variable.schema = Object(at(item, "/schema/openAPIV3Schema"));
        if (!variable.name.empty())
            known.variables.push_back(std::move(variable));
    }
    for (const Json& item : at(object, "/spec/kubernetesVersions")) {
        if (item.is_string())
            known.versions.push_back(cleanText(item.get<std::string>(), 40));
    }
    // v1beta2 names templates by templateRef, v1beta1 by ref.
    const auto refName = [](const Json& holder) {
        const Json& now = at(holder, "/templateRef");
        const Json& ref = now.is_object() ? now : at(holder, "/ref");
        return textAt(ref, "/kind") == "KubevirtMachineTemplate" ? textAt(ref, "/name") : std::string();
    };
    known.machineTemplates[""] = refName(at(object, "/spec/controlPlane/machineInfrastructure"));
    for (const Json& item : at(object, "/spec/workers/machineDeployments")) {
        const std::string name = cleanText(textAt(item, "/class"), 253);
        if (name.empty())
            continue;
        known.workerClasses.push_back(name);
        known.workers[name];
        const Json& now = at(item, "/infrastructure");
        known.machineTemplates[name] = refName(now.is_object() ? now : at(item, "/template/infrastructure"));
    }
    for (const Json& patch : at(object, "/spec/patches")) {
        for (const Json& definition : at(patch, "/definitions")) {
            if (textAt(definition, "/selector/kind") != "KubevirtMachineTemplate")
                continue;
            std::vector<ClassSize*> sizes;
            if (at(definition, "/selector/matchResources/controlPlane") == Json(true))
                sizes.push_back(&known.plane);
            for (const Json& name : at(definition, "/selector/matchResources/machineDeploymentClass/names")) {
                for (auto& [worker, size] : known.workers) {
                    if (name.is_string() &&
                        (name.get<std::string>() == worker || name.get<std::string>() == "*"))
                        sizes.push_back(&size);
                }
            }
            for (const Json& change : at(definition, "/jsonPatches")) {
                const std::string path = textAt(change, "/path");
                const std::string from = cleanText(textAt(change, "/valueFrom/variable"), 200);
                for (ClassSize* size : sizes) {
                    if (endsWith(path, "/domain/cpu/cores"))
                        size->vcpusFrom = from;
                    else if (endsWith(path, "/domain/memory/guest"))
                        size->memoryFrom = from;
                }
            }
        }
    }
    for (const Json& condition : at(object, "/status/conditions")) {
        if (textAt(condition, "/type") == "VariablesReady" && textAt(condition, "/status") == "False")
            known.trouble = cleanText(textAt(condition, "/message"), 300);
    }
    return known;
}

void readClassTemplate(KnownClass& known, const std::string& workerClass, const Json& machineTemplate)
{
    const Json& domain =
        at(machineTemplate, "/spec/template/spec/virtualMachineTemplate/spec/template/spec/domain");
    ClassSize& size = workerClass.empty() ? known.plane : known.workers[workerClass];
    if (const Json& cores = at(domain, "/cpu/cores"); cores.is_number_integer())
        size.vcpus = static_cast<int>(std::clamp<std::int64_t>(cores.get<std::int64_t>(), 0, 1024));
    size.memory = cleanText(textAt(domain, "/memory/guest"), 40);
}

std::string classValue(const KnownClass& known, const std::map<std::string, std::string>& chosen,
                       const std::string& path)
{
    const std::vector<std::string> parts = split(path, '.');
    if (parts.empty())
        return {};
    const ClassVariable* variable = known.variable(parts[0]);
    const auto found = chosen.find(parts[0]);
    std::string text = found != chosen.end() ? found->second
                       : variable != nullptr ? variable->standard()
                                             : std::string();
    Json value = text.empty() ? Json() : Json::parse(text, nullptr, false);
    Json schema = variable != nullptr ? variable->schema.json() : Json();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const Json inner = at(schema, "/properties");
        schema = inner.is_object() && inner.contains(parts[i]) ? inner[parts[i]] : Json();
        Json next = value.is_object() && value.contains(parts[i]) ? value[parts[i]] : at(schema, "/default");
        value = std::move(next);
    }
    if (value.is_null() || value.is_discarded())
        return {};
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool parsesAsJson(const std::string& text)
{
    return Json::accept(text);
}

void checkClassValue(const ClassVariable& variable, const std::string& json, const std::string& field,
                     const TellProblem& tell)
{
    const Json value = Json::parse(json, nullptr, false);
    if (!value.is_discarded())
        check(variable.schema.json(), value, field, tell, 0);
}

} // namespace strata::provision
