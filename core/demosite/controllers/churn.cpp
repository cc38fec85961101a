// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/controllers/site.h"

namespace strata::demosite {
namespace {

// So that something moves: now and then a pod of a deployment outside the platform dies on a node that
// answers; its controller makes the next one.
class Churn : public Controller {
public:
    explicit Churn(Store& store) : m_store(store) {}

    double reconcile(const Key&) override
    {
        std::vector<ObjectPtr> candidates;
        for (const ObjectPtr& pod : m_store.list(coreKind("pods"))) {
            if (lookUp(pod->labels, "pod-template-hash").empty() || pod->ns == "kube-system" ||
                lookUp(pod->fields, "status.phase") != "Running")
                continue;
            const ObjectPtr node =
                m_store.get(coreKind("nodes"), "", std::string(lookUp(pod->fields, "spec.nodeName")));
            if (node && node->body.find("\"NodeStatusUnknown\"") == std::string::npos)
                candidates.push_back(pod);
        }
        if (candidates.empty())
            return 25;
        const ObjectPtr& pod = candidates[(++m_round * 7919U) % candidates.size()];
        tell(m_store, *pod, "Normal", "Killing",
             "Stopping container " + std::string(lookUp(pod->labels, "app")), "kubelet");
        (void)m_store.remove(*pod->kind, pod->ns, pod->name);
        return 25;
    }

private:
    Store& m_store;
    unsigned m_round = 1;
};

} // namespace

void addChurn(Site& site, Store& store)
{
    Controller& churn = site.manager.add(store, std::make_unique<Churn>(store));
    site.manager.enqueue(churn, {}, 25);
}

} // namespace strata::demosite
