// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/sitefuzz.h"

#include "tests/support/picturesite.h"

#include <map>
#include <string>
#include <utility>

namespace strata::test {

using namespace stack;

SiteFuzz::SiteFuzz(unsigned seed) : m_random(seed)
{
    const Batch site = pictureSite();
    m_sources = site.sources;
    std::map<std::tuple<SourceId, FactKind, std::string>, std::size_t> last;
    for (const FactChange& change : site.facts) {
        const auto key = std::tuple(change.key.source, change.key.kind, change.key.name);
        const auto [at, fresh] = last.emplace(key, m_facts.size());
        if (fresh)
            m_facts.push_back(change);
        else
            m_facts[at->second] = change;
    }
}

int SiteFuzz::below(int limit)
{
    return int(m_random() % unsigned(limit));
}

Batch SiteFuzz::start() const
{
    return {m_sources, m_facts};
}

void SiteFuzz::change(Batch& batch)
{
    FactChange change = m_facts[std::size_t(below(int(m_facts.size())))];
    const int what = below(10);
    if (what == 0) {
        SourceChange source = m_sources[std::size_t(below(int(m_sources.size())))];
        source.state.phase = static_cast<LinkPhase>(below(4));
        source.state.synced = below(4) != 0;
        if (below(4) == 0)
            source.state.kinds.push_back({"pods", {ErrorKind::Forbidden, "no", {}, 403, 0}});
        batch.sources.push_back(std::move(source));
        return;
    }
    if (what < 4) {
        change.fact = nullptr;
    } else if (what < 8) {
        Fact fact = change.fact->value();
        const std::string outer = "outer-" + std::to_string(below(4) + 1); // one of them does not exist
        if (auto* vmi = std::get_if<VmiFact>(&fact)) {
            vmi->nodeName = below(5) == 0 ? std::string() : outer;
            vmi->activePods.clear();
        } else if (auto* pod = std::get_if<PodFact>(&fact)) {
            const bool launcher = !pod->launcherOf.empty();
            if (launcher)
                pod->nodeName = outer;
            else if (below(3) == 0)
                pod->nodeName.clear();
            pod->ready = below(2) == 0;
            pod->requests = {below(4000), std::int64_t{below(64)} << 30};
        } else if (auto* node = std::get_if<KubeNodeFact>(&fact)) {
            if (!node->conditions.empty())
                node->conditions[0].status = below(2) == 0 ? "True" : "False";
            if (below(6) == 0)
                node->systemUuid = uuidOf(0xa0, unsigned(below(5)));
        } else if (auto* usage = std::get_if<UsageFact>(&fact)) {
            usage->used = {below(16000), std::int64_t{below(256)} << 30};
        } else if (auto* machine = std::get_if<MachineFact>(&fact)) {
            machine->clusterName = below(2) == 0 ? "blue" : "green";
        } else if (auto* host = std::get_if<HostFact>(&fact)) {
            host->hostname = "metal-" + std::to_string(below(12));
        }
        change.fact = makeFact(std::move(fact));
    } // else: as it was at the start
    batch.facts.push_back(std::move(change));
}

Batch SiteFuzz::step()
{
    Batch batch;
    for (int count = 1 + below(12); count > 0; --count)
        change(batch);
    return batch;
}

} // namespace strata::test
