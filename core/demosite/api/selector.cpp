// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/selector.h"

#include "core/base/text.h"
#include "core/demosite/api/names.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>

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

bool integer(std::string_view text, long long& out)
{
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

} // namespace

// Cuts a selector into words and signs, one ahead.
class Selector::Scanner {
public:
    explicit Scanner(std::string_view text) : m_text(text) { next(); }

    const std::string& token() const { return m_token; } // empty at the end
    bool isWord() const { return m_isWord; }
    bool isEnd() const { return !m_isWord && m_token.empty(); }
    bool is(std::string_view sign) const { return !m_isWord && m_token == sign; }
    std::string take()
    {
        std::string out = std::move(m_token);
        next();
        return out;
    }

private:
    static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
    static bool isSign(char c) { return std::string_view("=!(),<>").find(c) != std::string_view::npos; }

    void next()
    {
        while (m_at < m_text.size() && isBlank(m_text[m_at]))
            ++m_at;
        const std::size_t start = m_at;
        m_isWord = m_at < m_text.size() && !isSign(m_text[m_at]);
        if (m_isWord) {
            while (m_at < m_text.size() && !isBlank(m_text[m_at]) && !isSign(m_text[m_at]))
                ++m_at;
        } else if (m_at < m_text.size()) {
            const std::string_view two = m_text.substr(m_at, 2);
            m_at += two == "==" || two == "!=" ? 2 : 1;
        }
        m_token = std::string(m_text.substr(start, m_at - start));
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::string m_token;
    bool m_isWord = false;
};

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

// One requirement; why it is none, in the words of apimachinery's pkg/labels.
std::optional<std::string> Selector::parseTerm(Scanner& scan, Term& term)
{
    const auto found = [&scan](const std::string& wanted) {
        return "found '" + scan.token() + "', expected: " + wanted;
    };
    const auto all = [](const std::vector<std::string>& lines) {
        std::string out;
        for (const std::string& line : lines)
            out += (out.empty() ? "" : "; ") + line;
        return out;
    };
    const bool negated = scan.is("!");
    if (negated)
        scan.take();
    if (!scan.isWord())
        return found("identifier");
    term.key = scan.take();
    if (const auto wrong = wrongsOfKey(term.key); !wrong.empty())
        return "<nil>: Invalid value: " + jsonQuoted(term.key) + ": " + all(wrong);
    if (negated || scan.isEnd() || scan.is(",")) {
        term.op = negated ? Op::Missing : Op::Exists;
        return std::nullopt;
    }
    static const std::map<std::string_view, Op> operators = {
        {"in", Op::In},    {"notin", Op::NotIn}, {"=", Op::In},  {"==", Op::In},
        {"!=", Op::NotIn}, {">", Op::Greater},   {"<", Op::Less}};
    const auto op = operators.find(scan.token());
    if (op == operators.end())
        return found("in, notin, =, ==, !=, gt, lt");
    const bool list = scan.isWord();
    term.op = op->second;
    scan.take();
    if (list) {
        if (!scan.is("("))
            return "found '" + scan.token() + "' expected: '('";
        scan.take();
        if (!scan.isWord() && !scan.is(",") && !scan.is(")"))
            return found("',', ')' or identifier");
        if (scan.is(")"))
            return std::string("for 'in', 'notin' operators, values set can't be empty");
        while (true) { // an empty value between two commas is one
            term.values.push_back(scan.isWord() ? scan.take() : std::string());
            if (!scan.is(",") && !scan.is(")"))
                return found("',' or ')'");
            if (scan.take() == ")")
                break;
        }
    } else if (scan.isEnd() || scan.is(",")) {
        term.values.emplace_back();
    } else if (!scan.isWord()) {
        return found("identifier");
    } else {
        term.values.push_back(scan.take());
    }
    for (std::size_t i = 0; i < term.values.size(); ++i) {
        const std::string& value = term.values[i];
        const std::string where = "values[" + std::to_string(i) + "]";
        long long number = 0;
        if ((term.op == Op::Greater || term.op == Op::Less) && !integer(value, number))
            return where + ": Invalid value: " + jsonQuoted(value) +
                   ": for 'Gt', 'Lt' operators, the value must be an integer";
        if (const auto wrong = wrongsOfValue(value); !wrong.empty())
            return where + "[" + term.key + "]: Invalid value: " + jsonQuoted(value) + ": " + all(wrong);
    }
    return std::nullopt;
}

Answer<std::vector<Selector::Term>> Selector::parseLabels(std::string_view text)
{
    std::vector<Term> terms;
    Scanner scan(text);
    while (!scan.isEnd()) {
        const auto refuse = [&](const char* wanted) {
            return badRequest("found '" + scan.token() + "', expected: " + wanted);
        };
        if (!scan.isWord() && !scan.is("!"))
            return terms.empty() ? refuse("!, identifier, or 'end of string'")
                                 : refuse("identifier after ','");
        Term term;
        if (const auto wrong = parseTerm(scan, term))
            return badRequest("unable to parse requirement: " + *wrong);
        terms.push_back(std::move(term));
        if (scan.isEnd())
            break;
        if (!scan.is(","))
            return refuse("',' or 'end of string'");
        scan.take();
        if (scan.isEnd())
            return refuse("identifier after ','");
    }
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
        if (field.value.find('=') != std::string::npos)
            return badRequest("invalid field selector: unescaped character in value: 61");
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
