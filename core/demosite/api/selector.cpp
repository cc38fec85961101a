// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/selector.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>

// Grammar: apimachinery pkg/labels/selector.go and pkg/fields/selector.go.
namespace strata::demosite {
namespace {

const std::vector<std::string_view> kPod = {
    "spec.nodeName",    "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
    "spec.hostNetwork", "status.phase",       "status.podIP",       "status.nominatedNodeName"};
const std::vector<std::string_view> kEvent = {"involvedObject.kind",
                                              "involvedObject.namespace",
                                              "involvedObject.name",
                                              "involvedObject.uid",
                                              "involvedObject.apiVersion",
                                              "involvedObject.resourceVersion",
                                              "involvedObject.fieldPath",
                                              "reason",
                                              "reportingComponent",
                                              "source",
                                              "type"};
const std::vector<std::string_view> kNode = {"spec.unschedulable"};
const std::vector<std::string_view> kNamespace = {"status.phase"};
const std::vector<std::string_view> kSecret = {"type"};
const std::vector<std::string_view> kService = {"spec.clusterIP", "spec.type"};
const std::vector<std::string_view> kReplicas = {"status.replicas"};
const std::vector<std::string_view> kJob = {"status.successful"};
const std::vector<std::string_view> kRequest = {"spec.signerName"};

bool keyCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : m_text(text) {}

    void blanks()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\t'))
            ++m_at;
    }
    bool take(std::string_view token)
    {
        blanks();
        if (m_text.substr(m_at, token.size()) != token)
            return false;
        m_at += token.size();
        return true;
    }
    std::string word()
    {
        blanks();
        const std::size_t start = m_at;
        while (m_at < m_text.size() && keyCharacter(m_text[m_at]))
            ++m_at;
        return std::string(m_text.substr(start, m_at - start));
    }
    bool done()
    {
        blanks();
        return m_at >= m_text.size();
    }

private:
    std::string_view m_text;
    std::size_t m_at = 0;
};

bool integer(std::string_view text, long long& out)
{
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

} // namespace

const std::vector<std::string_view>& selectableFields(const Kind& kind)
{
    if (kind.group.empty()) {
        if (kind.resource == "pods")
            return kPod;
        if (kind.resource == "events")
            return kEvent;
        if (kind.resource == "nodes")
            return kNode;
        if (kind.resource == "namespaces")
            return kNamespace;
        if (kind.resource == "secrets")
            return kSecret;
        if (kind.resource == "services")
            return kService;
    }
    if (kind.resource == "replicasets" && kind.group == "apps")
        return kReplicas;
    if (kind.resource == "jobs" && kind.group == "batch")
        return kJob;
    if (kind.resource == "certificatesigningrequests")
        return kRequest;
    return kind.selectable;
}

Answer<std::vector<Selector::Term>> Selector::parseLabels(std::string_view text)
{
    std::vector<Term> terms;
    const auto refuse = [&](const std::string& why) {
        return badRequest("unable to parse requirement: " + why + " in \"" + std::string(text) + "\"");
    };
    Scanner scan(text);
    if (scan.done())
        return terms;
    do {
        Term term;
        const bool negated = scan.take("!");
        term.key = scan.word();
        if (term.key.empty())
            return refuse("a label key is missing");
        if (negated) {
            term.op = Op::Missing;
        } else if (scan.take("==") || scan.take("=")) {
            term.op = Op::In;
            term.values = {scan.word()};
        } else if (scan.take("!=")) {
            term.op = Op::NotIn;
            term.values = {scan.word()};
        } else if (const bool greater = scan.take(">"); greater || scan.take("<")) {
            long long value = 0;
            term.op = greater ? Op::Greater : Op::Less;
            term.values = {scan.word()};
            if (!integer(term.values.front(), value))
                return refuse("for 'Gt', 'Lt' operators, the value must be an integer");
        } else {
            Scanner ahead = scan;
            const std::string word = ahead.word();
            if (word == "in" || word == "notin") {
                scan = ahead;
                term.op = word == "in" ? Op::In : Op::NotIn;
                if (!scan.take("("))
                    return refuse("'(' is missing");
                do {
                    term.values.push_back(scan.word());
                } while (scan.take(","));
                if (!scan.take(")"))
                    return refuse("')' is missing");
            } else if (!word.empty()) {
                return refuse("found '" + word + "', expected an operator");
            }
        }
        terms.push_back(std::move(term));
    } while (scan.take(","));
    if (!scan.done())
        return refuse("unexpected text after a requirement");
    return terms;
}

Answer<Selector> Selector::parse(const Kind& kind, std::string_view labels, std::string_view fields)
{
    Selector selector;
    auto terms = parseLabels(labels);
    if (!terms)
        return tl::unexpected<Status>(terms.error());
    selector.m_terms = std::move(*terms);
    for (const std::string& part : split(fields, ',')) {
        if (trimmed(part).empty())
            continue;
        const std::size_t equal = part.find('=');
        if (equal == std::string::npos || equal == 0)
            return badRequest("invalid selector: '" + part + "'; can't understand '" + part + "'");
        Field field;
        std::size_t end = equal;
        if (part[equal - 1] == '!') {
            field.equal = false;
            end = equal - 1;
        }
        field.path = std::string(trimmed(std::string_view(part).substr(0, end)));
        std::size_t value = equal + 1;
        if (value < part.size() && part[value] == '=')
            ++value;
        field.value = std::string(trimmed(std::string_view(part).substr(value)));
        const auto& known = selectableFields(kind);
        if (field.path != "metadata.name" && field.path != "metadata.namespace" &&
            std::find(known.begin(), known.end(), field.path) == known.end())
            return badRequest(known.empty() && !kind.has(Custom)
                                  ? "\"" + field.path +
                                        "\" is not a known field selector: only \"metadata.name\", "
                                        "\"metadata.namespace\""
                                  : "field label not supported: " + field.path);
        selector.m_fields.push_back(std::move(field));
    }
    return selector;
}

bool Selector::matches(const Object& object) const
{
    for (const Field& field : m_fields) {
        const std::string_view value = field.path == "metadata.name" ? std::string_view(object.name)
                                       : field.path == "metadata.namespace"
                                           ? std::string_view(object.ns)
                                           : lookUp(object.fields, field.path);
        if ((value == field.value) != field.equal)
            return false;
    }
    for (const Term& term : m_terms) {
        bool present = false;
        const std::string_view value = lookUp(object.labels, term.key, &present);
        const bool listed = std::find(term.values.begin(), term.values.end(), value) != term.values.end();
        bool good = true;
        switch (term.op) {
        case Op::In:
            good = present && listed;
            break;
        case Op::NotIn:
            good = !present || !listed;
            break;
        case Op::Exists:
            good = present;
            break;
        case Op::Missing:
            good = !present;
            break;
        case Op::Greater:
        case Op::Less: {
            long long left = 0;
            long long right = 0;
            good = present && integer(value, left) && integer(term.values.front(), right) &&
                   (term.op == Op::Greater ? left > right : left < right);
            break;
        }
        }
        if (!good)
            return false;
    }
    return true;
}

} // namespace strata::demosite
