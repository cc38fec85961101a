// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/matrix.h"

#include "core/base/translate.h"
#include "core/prepare/matrixtext.h"
#include "core/prepare/matrixwords.h"
#include "core/provision/object.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace strata::prepare {

namespace {

using provision::Json;

// Reads a mapping and remembers what is wrong and which fields nobody asked for.
class Reader {
public:
    Reader(const Json& json, std::string where, std::vector<std::string>& wrong)
        : m_json(json), m_where(std::move(where)), m_wrong(wrong)
    {
        if (!json.is_object())
            m_wrong.push_back(m_where);
    }
    ~Reader()
    {
        if (!m_json.is_object())
            return;
        for (const auto& [key, value] : m_json.items()) {
            if (m_asked.count(key) == 0)
                m_wrong.push_back(m_where + "." + key);
        }
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    const Json* get(const char* key)
    {
        m_asked.insert(key);
        if (!m_json.is_object())
            return nullptr;
        const auto found = m_json.find(key);
        return found == m_json.end() || found->is_null() ? nullptr : &*found;
    }
    std::string text(const char* key, bool required = false)
    {
        const Json* value = get(key);
        if (value != nullptr && value->is_string())
            return value->get<std::string>();
        if (value != nullptr || required)
            m_wrong.push_back(m_where + "." + key);
        return {};
    }
    bool flag(const char* key)
    {
        const Json* value = get(key);
        if (value != nullptr && !value->is_boolean())
            m_wrong.push_back(m_where + "." + key);
        return value != nullptr && value->is_boolean() && value->get<bool>();
    }
    int number(const char* key)
    {
        const Json* value = get(key);
        if (value != nullptr && !value->is_number_integer())
            m_wrong.push_back(m_where + "." + key);
        return value != nullptr && value->is_number_integer() ? value->get<int>() : 0;
    }
    std::vector<std::string> list(const char* key)
    {
        std::vector<std::string> out;
        each(key, [&](const Json& item, const std::string& where) {
            if (item.is_string())
                out.push_back(item.get<std::string>());
            else
                m_wrong.push_back(where);
        });
        return out;
    }
    std::map<std::string, std::string> map(const char* key)
    {
        std::map<std::string, std::string> out;
        if (const Json* value = get(key)) {
            if (!value->is_object())
                m_wrong.push_back(m_where + "." + key);
            else
                for (const auto& [name, item] : value->items())
                    out[name] = item.is_string() ? item.get<std::string>() : item.dump();
        }
        return out;
    }
    SeriesRange range(const char* key)
    {
        const Json* value = get(key);
        if (value == nullptr)
            return {};
        Reader inside(*value, m_where + "." + key, m_wrong);
        return {inside.text("from"), inside.text("to")};
    }
    template<typename Visit>
    void each(const char* key, const Visit& visit)
    {
        const Json* value = get(key);
        if (value == nullptr)
            return;
        if (!value->is_array()) {
            m_wrong.push_back(m_where + "." + key);
            return;
        }
        int number = 0;
        for (const Json& item : *value)
            visit(item, m_where + "." + key + "[" + std::to_string(number++) + "]");
    }
    void refuse(const char* key) { m_wrong.push_back(m_where + "." + key); }

private:
    const Json& m_json;
    std::string m_where;
    std::vector<std::string>& m_wrong;
    std::set<std::string> m_asked;
};

Release readRelease(const Json& json, const std::string& where, std::vector<std::string>& wrong)
{
    Reader in(json, where, wrong);
    Release release;
    release.series = in.text("series", true);
    release.newest = in.text("newest");
    const std::string state = in.text("state", true);
    release.support = state == "ended"         ? Support::Ended
                      : state == "maintenance" ? Support::Maintenance
                                               : Support::Supported;
    if (state != "ended" && state != "maintenance" && state != "supported")
        in.refuse("state");
    const auto newest = Version::parse(release.newest);
    if (!Version::parse(release.series) ||
        (!release.newest.empty() && (!newest || newest->series() != release.series)))
        in.refuse("series");
    release.contract = in.text("contract");
    release.kubernetes = in.range("kubernetes");
    release.since = in.map("since");
    if (const Json* needs = in.get("needs"); needs != nullptr && needs->is_object()) {
        for (const auto& [id, range] : needs->items()) {
            Reader inside(range, where + ".needs." + id, wrong);
            release.needs[id] = {inside.text("from"), inside.text("to")};
        }
    }
    return release;
}

ComponentSpec readComponent(const Json& json, const std::string& where, std::vector<std::string>& wrong)
{
    Reader in(json, where, wrong);
    ComponentSpec spec;
    spec.id = in.text("id", true);
    spec.title = in.text("title", true);
    spec.purpose = in.text("purpose", true);
    spec.ns = in.text("namespace", true);
    spec.image = in.text("image", true);
    spec.deployments = in.list("deployments");
    spec.daemonSets = in.list("daemonSets");
    spec.kinds = in.list("kinds");
    spec.servedKinds = in.list("servedKinds");
    spec.holdsWork = in.list("holdsWork");
    spec.managedBy = in.list("managedBy");
    spec.labels = in.map("labels");
    spec.after = in.list("after");
    spec.images = in.list("images");
    spec.upgradeSteps = in.number("upgradeSteps");
    spec.sameAs = in.text("sameAs");
    spec.known = in.range("known");
    const std::string check = in.text("check");
    spec.testCertificate = check == "certificate";
    if (!check.empty() && !spec.testCertificate)
        in.refuse("check");
    in.each("files", [&](const Json& item, const std::string& at) {
        Reader file(item, at, wrong);
        spec.files.push_back({file.text("name", true), file.text("url", true)});
    });
    if (const Json* resource = in.get("resource")) {
        Reader inside(*resource, where + ".resource", wrong);
        OperatedResource operated;
        operated.apiVersion = inside.text("apiVersion", true);
        operated.kind = inside.text("kind", true);
        operated.plural = inside.text("plural", true);
        operated.ns = inside.text("namespace");
        operated.name = inside.text("name", true);
        operated.gates = inside.text("gates");
        spec.resource = std::move(operated);
    }
    if (const Json* provider = in.get("provider")) {
        Reader inside(*provider, where + ".provider", wrong);
        spec.provider =
            InventoryEntry{inside.text("label", true), inside.text("name", true), inside.text("type", true)};
    }
    in.each("releases", [&](const Json& item, const std::string& at) {
        spec.releases.push_back(readRelease(item, at, wrong));
    });
    in.each("gates", [&](const Json& item, const std::string& at) {
        Reader gate(item, at, wrong);
        spec.gates.push_back({gate.text("name", true),
                              gate.text("text", true),
                              gate.flag("variable"),
                              gate.flag("on"),
                              {gate.text("from"), gate.text("to")}});
    });
    if (spec.files.empty())
        in.refuse("files");
    if (spec.releases.empty() == spec.sameAs.empty())
        in.refuse("releases");
    return spec;
}

} // namespace

const Release* ComponentSpec::release(const Version& version) const
{
    const auto found = std::find_if(releases.begin(), releases.end(),
                                    [&](const Release& each) { return each.series == version.series(); });
    return found != releases.end() ? &*found : nullptr;
}

const ComponentSpec* Matrix::find(std::string_view id) const
{
    const auto found = std::find_if(components.begin(), components.end(),
                                    [&](const ComponentSpec& each) { return each.id == id; });
    return found != components.end() ? &*found : nullptr;
}

const ComponentSpec& Matrix::releasesOf(const ComponentSpec& component) const
{
    const ComponentSpec* other = component.sameAs.empty() ? nullptr : find(component.sameAs);
    return other != nullptr ? *other : component;
}

Result<Matrix> parseMatrix(std::string_view yaml, const std::string& origin)
{
    auto documents = provision::parseYaml(yaml, origin);
    if (!documents)
        return tl::unexpected(documents.error());
    const auto bad = [&](const std::string& what) {
        return fail(ErrorKind::Config,
                    arguments(translate("prepare", "The support matrix %1 cannot be used."), {origin}), what);
    };
    if (documents->size() != 1)
        return bad("documents");
    std::vector<std::string> wrong;
    Matrix matrix;
    {
        Reader in(documents->front(), "matrix", wrong);
        if (in.text("apiVersion") != "strata/v1" || in.text("kind") != "SupportMatrix")
            return bad("apiVersion, kind");
        matrix.reviewed = in.text("reviewed", true);
        if (const Json* kubernetes = in.get("kubernetes")) {
            Reader inside(*kubernetes, "matrix.kubernetes", wrong);
            matrix.newestKubernetes = inside.text("newest", true);
        }
        in.each("components", [&](const Json& item, const std::string& at) {
            matrix.components.push_back(readComponent(item, at, wrong));
        });
        in.each("observed", [&](const Json& item, const std::string& at) {
            Reader observed(item, at, wrong);
            ObservedSpec spec;
            spec.id = observed.text("id", true);
            spec.title = observed.text("title", true);
            spec.required = observed.flag("required");
            spec.absent = observed.text("absent", true);
            observed.each("known", [&](const Json& known, const std::string& where) {
                Reader one(known, where, wrong);
                spec.known.push_back({one.text("name", true), one.text("workload"), one.text("image"),
                                      one.text("provisioner"), one.text("kind"), one.text("api")});
            });
            matrix.observed.push_back(std::move(spec));
        });
        in.each("addons", [&](const Json& item, const std::string& at) {
            Reader addon(item, at, wrong);
            AddonSpec spec{addon.text("id", true), addon.text("title", true), addon.text("provides"),
                           addon.list("groups"),   addon.list("images"),      addon.list("holdsWork")};
            if (spec.groups.empty() && spec.images.empty())
                addon.refuse("groups");
            const auto provided = [&](const ObservedSpec& each) { return each.id == spec.provides; };
            if (!spec.provides.empty() &&
                std::none_of(matrix.observed.begin(), matrix.observed.end(), provided))
                addon.refuse("provides");
            matrix.addons.push_back(std::move(spec));
        });
    }
    // Each stands behind what it needs.
    std::set<std::string> seen;
    for (const ComponentSpec& spec : matrix.components) {
        for (const std::string& before : spec.after) {
            if (seen.count(before) == 0)
                wrong.push_back(spec.id + ".after");
        }
        if (!spec.sameAs.empty() && seen.count(spec.sameAs) == 0)
            wrong.push_back(spec.id + ".sameAs");
        if (!seen.insert(spec.id).second)
            wrong.push_back(spec.id);
    }
    if (!wrong.empty() || matrix.components.empty())
        return bad(wrong.empty() ? "components" : wrong.front());
    return matrix;
}

const Matrix& builtinMatrix()
{
    static const Matrix matrix = [] {
        auto parsed = parseMatrix(matrixText(), "prepare.yaml");
        if (!parsed)
            std::abort(); // a test reads it
        return translated(std::move(*parsed));
    }();
    return matrix;
}

} // namespace strata::prepare
