// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stack/amount.h"
#include "ui/details/pages/builders.h"

#include <algorithm>
#include <array>

namespace strata::ui {

using namespace stack;

namespace {

constexpr std::size_t kMostRows = 8;

struct Census {
    int hosts = 0;
    int joined = 0; // hosts that carry an outer node
    int outerNodes = 0;
    int outerNodesWell = 0;
    int vms = 0;
    int vmsWell = 0;
    int innerNodes = 0;
    int innerNodesWell = 0;
    int pods = 0;
    bool morePods = false;
    Amount capacity; // of the hosts
    Amount used;     // of the outer nodes
    Amount vmSize;   // what VMs take of the outer nodes
};

// Down to the inner nodes: workloads are many, and their pods are added up in what carries them.
void take(const Stack& stack, const Item& item, Census& census)
{
    const bool well = item.health <= Health::Progressing;
    switch (item.kind) {
    case ItemKind::Host:
        ++census.hosts;
        census.joined += item.childrenIn(Tree::Stack).empty() ? 0 : 1;
        add(census.capacity, item.capacity);
        break;
    case ItemKind::OuterNode:
        ++census.outerNodes;
        census.outerNodesWell += well ? 1 : 0;
        add(census.used, item.used);
        break;
    case ItemKind::Vm:
        ++census.vms;
        census.vmsWell += well ? 1 : 0;
        add(census.vmSize, item.capacity);
        break;
    case ItemKind::InnerNode:
        ++census.innerNodes;
        census.innerNodesWell += well ? 1 : 0;
        return;
    case ItemKind::Workload:
        return;
    default:
        break;
    }
    for (const ItemId id : item.childrenIn(Tree::Stack)) {
        if (const Item* child = stack.find(id))
            take(stack, *child, census);
    }
}

void partOf(Card& card, const QString& label, int part, int whole)
{
    if (whole > 0)
        row(card, label,
            part == whole ? QString::number(whole) : Details::tr("%1 of %2").arg(part).arg(whole),
            part == whole ? TextRole::Text : TextRole::Warning);
}

// "v1.10.4" of "registry.example:5000/cluster-api/controller:v1.10.4@sha256:…"; empty when it has no tag.
QString tagOf(const std::string& image)
{
    const std::string name = image.substr(0, image.find('@'));
    const std::size_t colon = name.rfind(':');
    if (colon == std::string::npos || name.find('/', colon) != std::string::npos)
        return {};
    return text(name.substr(colon + 1));
}

void addPlatform(const Stack& stack, const SourceState& source, const QString& suffix, Page& page)
{
    Card card = facts("platform", Details::tr("Platform"));
    card.id += QLatin1Char('-') + QString::number(source.id);
    card.title += suffix;
    const auto field = [](const ObjectFact& object, const char* name) {
        const auto found = object.fields.find(name);
        return found == object.fields.end() ? std::string() : found->second;
    };
    row(card, Details::tr("Kubernetes"), text(source.version));
    for (const ObjectFact* each : stack.platform(source.id, FactKind::KubeVirt)) {
        const std::string target = field(*each, "targetKubeVirtVersion");
        const std::string is = field(*each, "observedKubeVirtVersion");
        const TextRole role = each->phase == "Deployed" ? TextRole::Text : TextRole::Warning;
        QString value = text(is.empty() ? target : is);
        if (role != TextRole::Text)
            value += (value.isEmpty() ? QString() : QStringLiteral(" · ")) + text(each->phase);
        row(card, Details::tr("KubeVirt"), value, role);
    }
    // Operators and providers say their versions by their images' tags.
    constexpr std::array<std::pair<const char*, const char*>, 4> kDeployments = {
        {{"cdi-operator", QT_TRANSLATE_NOOP("Details", "CDI")},
         {"capi-controller-manager", QT_TRANSLATE_NOOP("Details", "Cluster API")},
         {"capk-controller-manager", QT_TRANSLATE_NOOP("Details", "KubeVirt provider")},
         {"cert-manager", QT_TRANSLATE_NOOP("Details", "cert-manager")}}};
    const std::vector<const ObjectFact*> deployments = stack.platform(source.id, FactKind::Deployment);
    for (const auto& [name, title] : kDeployments) {
        for (const ObjectFact* each : deployments) {
            if (each->meta.name != name)
                continue;
            const bool down = field(*each, "availableReplicas").empty();
            QString value = tagOf(field(*each, "image"));
            if (down)
                value += (value.isEmpty() ? QString() : QStringLiteral(" · ")) + Details::tr("not available");
            row(card, Details::tr(title), value, down ? TextRole::Warning : TextRole::Text);
            break;
        }
    }
    add(page, std::move(card));
}

void addConnections(const Stack& stack, UnixMs now, Page& page)
{
    Card card = facts("connections", Details::tr("Connections"));
    struct Group {
        int all = 0;
        int live = 0;
    };
    Group hosts;
    Group inner;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source == nullptr)
            continue;
        if (source->kind == SourceKind::OuterCluster) {
            TextRole role = TextRole::Text;
            const QString link = linkText(*source, now, role);
            row(card, text(source->name), link, role, text(source->error.text));
            continue;
        }
        Group& group = source->kind == SourceKind::Host ? hosts : inner;
        ++group.all;
        group.live += source->phase == LinkPhase::Live ? 1 : 0;
    }
    const auto live = [&card](const QString& label, const Group& group) {
        if (group.all > 0)
            row(card, label,
                group.live == group.all ? Details::tr("%1 live").arg(group.all)
                                        : Details::tr("%1 of %2 live").arg(group.live).arg(group.all),
                group.live == group.all ? TextRole::Text : TextRole::Warning);
    };
    live(Details::tr("Hosts"), hosts);
    live(Details::tr("Inner clusters"), inner);
    add(page, std::move(card));
}

// "1.36 TiB (54 %)": the whole stands above it.
Worded ofAll(std::int64_t part, std::int64_t whole, QString (*format)(std::int64_t))
{
    if (part < 0 || whole <= 0)
        return {format(part), {}};
    const QString percent = QString::number(qRound(double(part) * 100 / double(whole)));
    return {Details::tr("%1 (%2 %)").arg(format(part), percent), {Details::tr("%1 %").arg(percent)}};
}

// The worst first, then by name.
Card linksTo(std::vector<const Item*> items, const char* id, const QString& title)
{
    const auto weight = [](const Item* item) {
        const Health worst = item->worst();
        return worst >= Health::Warning ? static_cast<int>(worst) : 0;
    };
    std::sort(items.begin(), items.end(), [&weight](const Item* a, const Item* b) {
        return weight(a) != weight(b) ? weight(a) > weight(b) : a->name < b->name;
    });
    Card card;
    card.kind = Card::Kind::Links;
    card.id = QString::fromLatin1(id);
    card.title = title;
    card.aside = QString::number(items.size());
    for (const Item* item : items) {
        if (card.links.size() == kMostRows) {
            card.more = int(items.size() - kMostRows);
            break;
        }
        LinkRow link = linkTo(*item);
        if (item->kind == ItemKind::TenantCluster) {
            link.below = std::max(item->below, item->tenantBelow);
            link.note = text(item->version);
        }
        card.links.push_back(std::move(link));
    }
    return card;
}

} // namespace

Page buildSitePage(const Stack& stack, UnixMs now)
{
    Page page;
    Census census;
    std::vector<const Item*> hosts;
    std::vector<const Item*> clusters;
    for (const ItemId id : stack.roots(Tree::Stack)) {
        const Item* item = stack.find(id);
        if (item == nullptr)
            continue;
        census.pods += item->pods;
        census.morePods = census.morePods || item->morePods;
        if (item->kind == ItemKind::Host)
            hosts.push_back(item);
        take(stack, *item, census);
    }
    for (const ItemId id : stack.roots(Tree::Tenants)) {
        const Item* item = stack.find(id);
        if (item != nullptr && item->kind == ItemKind::TenantCluster)
            clusters.push_back(item);
    }

    Card runs = facts("runs", Details::tr("What runs"));
    if (!clusters.empty()) {
        const auto well = std::count_if(clusters.begin(), clusters.end(), [](const Item* cluster) {
            return cluster->health <= Health::Progressing;
        });
        partOf(runs, Details::tr("Tenant clusters well"), int(well), int(clusters.size()));
    }
    partOf(runs, Details::tr("Inner nodes well"), census.innerNodesWell, census.innerNodes);
    partOf(runs, Details::tr("VMs well"), census.vmsWell, census.vms);
    partOf(runs, Details::tr("Outer nodes well"), census.outerNodesWell, census.outerNodes);
    if (census.hosts > 0)
        row(runs, Details::tr("Hosts with an outer node"),
            Details::tr("%1 of %2").arg(census.joined).arg(census.hosts));
    if (census.pods > 0)
        row(runs, Details::tr("Pods"), podsText(census.pods, census.morePods));
    add(page, std::move(runs));

    Card room = facts("room", Details::tr("Room"));
    row(room, Details::tr("Memory of the hosts"), memoryText(census.capacity.memoryBytes));
    row(room, Details::tr("Given to VMs"),
        ofAll(census.vmSize.memoryBytes, census.capacity.memoryBytes, &memoryText));
    row(room, Details::tr("Memory used"),
        ofAll(census.used.memoryBytes, census.capacity.memoryBytes, &memoryText));
    row(room, Details::tr("CPUs of the hosts"), cpuText(census.capacity.cpuMilli));
    row(room, Details::tr("vCPUs of VMs"), ofAll(census.vmSize.cpuMilli, census.capacity.cpuMilli, &cpuText));
    row(room, Details::tr("CPU used"), ofAll(census.used.cpuMilli, census.capacity.cpuMilli, &cpuText));
    add(page, std::move(room));

    std::vector<const SourceState*> outer;
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source != nullptr && source->kind == SourceKind::OuterCluster)
            outer.push_back(source);
    }
    for (const SourceState* source : outer)
        addPlatform(stack, *source, outer.size() > 1 ? QStringLiteral(" · ") + text(source->name) : QString(),
                    page);
    addConnections(stack, now, page);
    add(page, linksTo(std::move(clusters), "clusters", Details::tr("Tenant clusters")));
    add(page, linksTo(std::move(hosts), "hosts", Details::tr("Hosts")));
    return page;
}

} // namespace strata::ui
