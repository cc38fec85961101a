// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/patch.h"

#include "core/demosite/api/messages.h"
#include "core/demosite/api/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata::demosite {
namespace {

void strategic(Json& target, const Json& patch, const Message* message);

// How a list of this field merges: by the keys of the table where it knows the field.
std::vector<std::string> mergeKeys(const std::string& name, const Field* field)
{
    if (field == nullptr && name == "conditions")
        return {"type"};
    if (field == nullptr)
        return {};
    std::vector<std::string> keys(field->patchKeys.begin(), field->patchKeys.end());
    if (keys.size() == 1 && keys[0] == ".")
        return {};
    return keys;
}

void strategicList(Json& target, const Json& patch, const std::string& name, const Field* field)
{
    // Directives name no key of their own list; look at what remains.
    Json items = Json::array();
    bool replace = false;
    for (const Json& item : patch) {
        if (item.is_object() && item.size() == 1 && text(item, "$patch") == "replace")
            replace = true;
        else
            items.push_back(item);
    }
    const auto keys = mergeKeys(name, field);
    if (replace || keys.empty() || !target.is_array() || items.empty()) {
        target = std::move(items);
        return;
    }
    for (Json& item : items) {
        const auto same = [&](const Json& other) {
            return other.is_object() && std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
                       return other.contains(key) && item.contains(key) && other[key] == item.at(key);
                   });
        };
        const auto found = std::find_if(target.begin(), target.end(), same);
        const bool removes = text(item, "$patch") == "delete";
        if (found == target.end()) {
            if (!removes)
                target.push_back(item);
        } else if (removes) {
            target.erase(found);
        } else {
            strategic(*found, item, field == nullptr ? nullptr : field->message);
        }
    }
}

void strategic(Json& target, const Json& patch, const Message* message)
{
    if (text(patch, "$patch") == "replace") {
        target = patch;
        target.erase("$patch");
        return;
    }
    if (!target.is_object())
        target = Json::object();
    if (const Json* keep = find(patch, "$retainKeys"); keep != nullptr && keep->is_array()) {
        Json kept = Json::object();
        for (const auto& [key, value] : target.items()) {
            if (std::find(keep->begin(), keep->end(), Json(key)) != keep->end())
                kept[key] = value;
        }
        target = std::move(kept);
    }
    for (const auto& [key, value] : patch.items()) {
        const Field* field = message == nullptr ? nullptr : message->byName(key);
        constexpr std::string_view fromList = "$deleteFromPrimitiveList/";
        if (key.rfind(fromList, 0) == 0) {
            const std::string list = key.substr(fromList.size());
            if (!target.contains(list) || !target[list].is_array() || !value.is_array())
                continue;
            Json kept = Json::array();
            for (const Json& item : target[list]) {
                if (std::find(value.begin(), value.end(), item) == value.end())
                    kept.push_back(item);
            }
            target[list] = std::move(kept);
        } else if (!key.empty() && key[0] == '$') {
            continue; // $setElementOrder and the like change no content
        } else if (value.is_null() || (value.is_object() && text(value, "$patch") == "delete")) {
            target.erase(key);
        } else if (value.is_object()) {
            strategic(target[key], value, field == nullptr || field->map ? nullptr : field->message);
        } else if (value.is_array()) {
            const bool isSet = field == nullptr ? key == "finalizers"
                                                : field->patchKeys.size() == 1 && field->patchKeys[0] == ".";
            if (isSet && target.contains(key) && target[key].is_array()) {
                for (const Json& item : value) {
                    if (std::find(target[key].begin(), target[key].end(), item) == target[key].end())
                        target[key].push_back(item);
                }
            } else {
                strategicList(target[key], value, key, field);
            }
        } else {
            target[key] = value;
        }
    }
}

} // namespace

void mergePatch(Json& object, const Json& patch)
{
    object.merge_patch(patch);
}

Answer<void> jsonPatch(Json& object, const Json& patch)
{
    if (!patch.is_array())
        return badRequest("error decoding patch: json: cannot unmarshal object into Go value of type "
                          "[]handlers.jsonPatchOp");
    if (patch.size() > 10'000)
        return deny(413, "RequestEntityTooLarge", "a JSON patch may have at most 10000 operations");
    try {
        object = object.patch(patch);
    } catch (const Json::exception&) {
        return general(422, "Invalid", "the server rejected our request due to an error in our request");
    }
    return {};
}

void strategicPatch(Json& object, const Json& patch, const Kind& kind)
{
    strategic(object, patch, Messages::instance().find(apiVersion(kind, kind.storageVersion()), kind.kind));
}

} // namespace strata::demosite
