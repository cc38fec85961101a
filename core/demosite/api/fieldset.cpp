// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/fieldset.h"

#include <algorithm>
#include <iterator>

namespace strata::demosite {
namespace {

void decode(const Json& tree, FieldPath& path, FieldSet& out)
{
    // A leaf is a member; a node is one when "." says so.
    if (!tree.is_object() || tree.empty() || tree.contains(".")) {
        if (!path.empty())
            out.insert(path);
        if (!tree.is_object())
            return;
    }
    for (const auto& [key, child] : tree.items()) {
        if (key == ".")
            continue;
        path.push_back(key);
        decode(child, path, out);
        path.pop_back();
    }
}

} // namespace

FieldSet decodeFields(const Json& fieldsV1)
{
    FieldSet out;
    FieldPath path;
    decode(fieldsV1, path, out);
    return out;
}

Json encodeFields(const FieldSet& fields)
{
    Json tree = Json::object();
    for (const FieldPath& path : fields) { // a node comes before what is below it
        Json* at = &tree;
        FieldPath here;
        for (const std::string& element : path) {
            if (at->empty() && fields.count(here) > 0)
                (*at)["."] = Json::object();
            here.push_back(element);
            Json& next = (*at)[element];
            if (next.is_null())
                next = Json::object();
            at = &next;
        }
    }
    return tree;
}

std::string printElement(const std::string& element)
{
    const std::string_view rest = std::string_view(element).substr(2);
    if (element[0] == 'f')
        return "." + std::string(rest);
    if (element[0] == 'v')
        return "[=" + std::string(rest) + "]";
    if (element[0] == 'i')
        return "[" + std::string(rest) + "]";
    std::string out;
    const Json key = parseOwn(rest);
    for (const auto& [name, value] : key.items())
        out += (out.empty() ? "" : ",") + name + "=" + compact(value);
    return "[" + out + "]";
}

std::string printPath(const FieldPath& path)
{
    std::string out;
    for (const std::string& element : path)
        out += printElement(element);
    return out;
}

FieldSet both(const FieldSet& a, const FieldSet& b)
{
    FieldSet out;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
    return out;
}

FieldSet either(const FieldSet& a, const FieldSet& b)
{
    FieldSet out = a;
    out.insert(b.begin(), b.end());
    return out;
}

FieldSet without(const FieldSet& a, const FieldSet& b)
{
    FieldSet out;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
    return out;
}

bool reaches(const FieldSet& fields, const FieldPath& path)
{
    const auto found = fields.lower_bound(path);
    return found != fields.end() && found->size() >= path.size() &&
           std::equal(path.begin(), path.end(), found->begin());
}

} // namespace strata::demosite
