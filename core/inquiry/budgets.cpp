// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inquiry/budgets.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/feeds/requests.h"
#include "core/inquiry/ending.h"
#include "core/kube/api/resource.h"
#include "core/stack/stack.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

namespace strata::inquiry {
namespace {

using Json = nlohmann::json;

constexpr unsigned kTenantsAtOnce = 4;
constexpr std::size_t kMostTenants = 100;
constexpr std::size_t kMostNodes = 50;
constexpr std::size_t kMostBody = 32U << 20U;

const Json& at(const Json& object, const char* key)
{
    static const Json none;
    if (!object.is_object())
        return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::string text(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : std::string();
}

int number(const Json& value)
{
    return value.is_number_integer() ? value.get<int>() : 0;
}

// metav1.LabelSelector. An empty one of a policy/v1 budget means all pods of the namespace, none at all means
// none.
bool matches(const Json& selector, const Json& labels)
{
    if (!selector.is_object())
        return false;
    for (const auto& [key, value] : at(selector, "matchLabels").items()) {
        if (text(at(labels, key.c_str())) != text(value) || at(labels, key.c_str()).is_null())
            return false;
    }
    const Json& expressions = at(selector, "matchExpressions");
    if (!expressions.is_array())
        return true;
    for (const Json& expression : expressions) {
        const Json& label = at(labels, text(at(expression, "key")).c_str());
        const Json& values = at(expression, "values");
        const bool there = label.is_string();
        const bool among =
            there && values.is_array() && std::find(values.begin(), values.end(), label) != values.end();
        const std::string how = text(at(expression, "operator"));
        const bool holds = how == "In"             ? among
                           : how == "NotIn"        ? !among
                           : how == "Exists"       ? there
                           : how == "DoesNotExist" ? !there
                                                   : false;
        if (!holds)
            return false;
    }
    return true;
}

Error noList()
{
    return Error{
        ErrorKind::Protocol,
        arguments(translate("Inquiry", "The server's answer about disruption budgets cannot be read."), {}),
        {},
        0,
        0};
}

} // namespace

std::vector<BudgetQuestion> budgetQuestions(const stack::Stack& stack, const std::vector<stack::ItemId>& vms)
{
    std::vector<stack::ItemId> carried;
    for (const stack::ItemId id : vms) {
        if (const stack::Item* vm = stack.find(id)) {
            const auto& children = vm->childrenIn(stack::Tree::Stack);
            carried.insert(carried.end(), children.begin(), children.end());
        }
    }
    std::map<stack::SourceId, BudgetQuestion> bySource;
    for (const stack::ItemId id : carried) {
        const stack::Item* item = stack.find(id);
        if (item == nullptr || item->kind != stack::ItemKind::InnerNode || item->source == 0)
            continue;
        const stack::SourceState* source = stack.source(item->source);
        if (source == nullptr || source->kind != stack::SourceKind::InnerCluster)
            continue;
        BudgetQuestion& question = bySource[item->source];
        question.source = item->source;
        question.tenant = item->tenant;
        question.nodes.push_back(item->name);
    }
    std::vector<BudgetQuestion> out;
    for (auto& [source, question] : bySource) {
        std::sort(question.nodes.begin(), question.nodes.end());
        out.push_back(std::move(question));
    }
    std::sort(out.begin(), out.end(),
              [](const BudgetQuestion& a, const BudgetQuestion& b) { return a.tenant < b.tenant; });
    return out;
}

Result<std::vector<BudgetHit>> budgetHits(const BudgetQuestion& question, std::string_view budgets,
                                          const std::vector<std::string>& pods)
{
    const Json all = Json::parse(budgets, nullptr, false);
    if (!at(all, "items").is_array())
        return tl::unexpected<Error>(noList());
    struct Pod {
        std::string ns;
        Json labels;
    };
    std::vector<Pod> here;
    for (const std::string& body : pods) {
        const Json list = Json::parse(body, nullptr, false);
        if (!at(list, "items").is_array())
            return tl::unexpected<Error>(noList());
        for (const Json& pod : at(list, "items")) {
            const std::string phase = text(at(at(pod, "status"), "phase"));
            if (phase == "Succeeded" || phase == "Failed")
                continue;
            const Json& metadata = at(pod, "metadata");
            here.push_back({text(at(metadata, "namespace")), at(metadata, "labels")});
        }
    }
    std::vector<BudgetHit> out;
    for (const Json& budget : at(all, "items")) {
        const Json& metadata = at(budget, "metadata");
        const std::string ns = text(at(metadata, "namespace"));
        const Json& selector = at(at(budget, "spec"), "selector");
        const auto count = std::count_if(here.begin(), here.end(), [&](const Pod& pod) {
            return pod.ns == ns && matches(selector, pod.labels);
        });
        if (count == 0)
            continue;
        const Json& status = at(budget, "status");
        BudgetHit hit;
        hit.source = question.source;
        hit.tenant = question.tenant;
        hit.ns = cleanText(ns, 64);
        hit.name = cleanText(text(at(metadata, "name")), 128);
        hit.pods = static_cast<int>(count);
        hit.allowed = number(at(status, "disruptionsAllowed"));
        hit.healthy = number(at(status, "currentHealthy"));
        hit.wanted = number(at(status, "desiredHealthy"));
        out.push_back(std::move(hit));
    }
    std::sort(out.begin(), out.end(), [](const BudgetHit& a, const BudgetHit& b) {
        return std::tuple(!a.breaks(), a.ns, a.name) < std::tuple(!b.breaks(), b.ns, b.name);
    });
    return out;
}

// Lives on the network's thread; only `silent` and the callbacks are shared, under the mutex.
class BudgetLook::State : public std::enable_shared_from_this<BudgetLook::State> {
public:
    explicit State(Callbacks callbacks) : m_callbacks(std::move(callbacks)) {}

    std::map<stack::SourceId, std::shared_ptr<kube::Client>> clients;
    kube::Network* network = nullptr;

    void begin(std::vector<BudgetQuestion> questions)
    {
        m_requests = std::make_unique<feeds::Requests>(*network);
        for (BudgetQuestion& question : questions)
            m_waiting.push_back(std::move(question));
        next();
    }
    void end()
    {
        m_waiting.clear();
        m_requests.reset();
        clients.clear();
    }
    void silence()
    {
        const std::lock_guard lock(m_mutex);
        m_silent = true;
    }
    void tell(const BudgetQuestion& question, const Result<std::vector<BudgetHit>>& hits)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_silent && m_callbacks.onAnswer)
            m_callbacks.onAnswer(question, hits);
    }
    void tellEnd()
    {
        const std::lock_guard lock(m_mutex);
        if (!m_silent && m_callbacks.onEnd)
            m_callbacks.onEnd();
        m_silent = true;
    }

private:
    struct Tenant {
        BudgetQuestion question;
        std::string budgets;
        std::vector<std::string> pods;
        std::size_t open = 0;
        std::optional<Error> failed;
    };

    void next()
    {
        while (m_open < kTenantsAtOnce && !m_waiting.empty()) {
            BudgetQuestion question = std::move(m_waiting.front());
            m_waiting.pop_front();
            const auto client = clients.find(question.source);
            if (client == clients.end() || !client->second) {
                tell(question, fail(ErrorKind::Network, translate("Inquiry", "not connected")));
                continue;
            }
            ++m_open;
            ask(*client->second, std::move(question));
        }
        if (m_open == 0 && m_waiting.empty())
            tellEnd();
    }

    void ask(kube::Client& client, BudgetQuestion question)
    {
        auto tenant = std::make_shared<Tenant>();
        tenant->question = std::move(question);
        const std::size_t nodes = std::min(tenant->question.nodes.size(), kMostNodes);
        tenant->open = 1 + nodes;
        kube::Request budgets;
        budgets.path = kube::path({"policy", "v1", "poddisruptionbudgets", true}, {});
        budgets.query = "limit=2000";
        budgets.maxBody = kMostBody;
        send(client, std::move(budgets), tenant,
             [](Tenant& of, std::string body) { of.budgets = std::move(body); });
        for (std::size_t i = 0; i < nodes; ++i) {
            kube::Request pods;
            pods.path = kube::path({"", "v1", "pods", true}, {});
            pods.query = "limit=1000&fieldSelector=" +
                         kube::percentEncode("spec.nodeName=" + tenant->question.nodes[i]);
            pods.maxBody = kMostBody;
            send(client, std::move(pods), tenant,
                 [](Tenant& of, std::string body) { of.pods.push_back(std::move(body)); });
        }
    }

    void send(kube::Client& client, kube::Request request, const std::shared_ptr<Tenant>& tenant,
              void (*take)(Tenant&, std::string))
    {
        m_requests->send(client, std::move(request),
                         [self = weak_from_this(), tenant, take](const Result<kube::Response>& answer) {
                             const auto state = self.lock();
                             if (!state)
                                 return;
                             if (answer)
                                 take(*tenant, answer->body);
                             else if (!tenant->failed)
                                 tenant->failed = answer.error();
                             if (--tenant->open == 0)
                                 state->onAnswer(*tenant);
                         });
    }

    void onAnswer(const Tenant& tenant)
    {
        --m_open;
        if (tenant.failed)
            tell(tenant.question, tl::unexpected<Error>(*tenant.failed));
        else
            tell(tenant.question, budgetHits(tenant.question, tenant.budgets, tenant.pods));
        next();
    }

    Callbacks m_callbacks;
    std::mutex m_mutex;
    bool m_silent = false;
    std::unique_ptr<feeds::Requests> m_requests;
    std::deque<BudgetQuestion> m_waiting;
    unsigned m_open = 0;
};

BudgetLook::BudgetLook(const Look::Clients& clients, std::vector<BudgetQuestion> questions,
                       Callbacks callbacks)
    : m_state(std::make_shared<State>(std::move(callbacks)))
{
    if (questions.size() > kMostTenants)
        questions.resize(kMostTenants);
    for (const BudgetQuestion& question : questions) {
        std::shared_ptr<kube::Client> client = clients(question.source);
        if (client && m_state->network == nullptr)
            m_state->network = &client->network();
        m_state->clients.emplace(question.source, std::move(client));
    }
    if (m_state->network == nullptr) { // nothing is connected: told at once, as if it had been asked
        for (const BudgetQuestion& question : questions)
            m_state->tell(question, fail(ErrorKind::Network, translate("Inquiry", "not connected")));
        m_state->tellEnd();
        return;
    }
    m_state->network->post([state = m_state, questions = std::move(questions)]() mutable {
        state->begin(std::move(questions));
    });
}

BudgetLook::~BudgetLook()
{
    m_state->silence();
    endOn(m_state->network, [state = m_state] { state->end(); });
}

} // namespace strata::inquiry
