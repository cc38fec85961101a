// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/quantity.h"
#include "core/stack/health.h"
#include "core/stack/print.h"
#include "ui/details/conditions.h"
#include "ui/details/pages/builders.h"

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

constexpr std::size_t kMostLinks = 10;

QString confidenceName(Confidence confidence)
{
    switch (confidence) {
    case Confidence::Exact:
        return Details::tr("exact");
    case Confidence::High:
        return Details::tr("very likely");
    case Confidence::Medium:
        return Details::tr("likely");
    }
    return {};
}

// Cluster API sums conditions up as nested lists ("* WorkersAvailable:\n  * MachineDeployment …"), of which
// the line breaks are gone.
QString withoutBullets(QString reason)
{
    reason.replace(QLatin1String(": * "), QLatin1String(": "));
    if (reason.startsWith(QLatin1String("* ")))
        reason.remove(0, 2);
    return reason.replace(QLatin1String(" * "), QLatin1String("; "));
}

Card reasonCard(const PageContext& context)
{
    Card card;
    card.kind = Card::Kind::Reason;
    card.id = QStringLiteral("reason");
    card.wide = true;
    card.health = context.item.health;
    const Item& item = context.item;
    if (item.health == Health::Ok || (item.reason.empty() && item.rawReason.empty()))
        return card;
    const QString sentence =
        item.reason.empty() ? Details::tr("Its state is %1.").arg(text(item.state)) : text(item.reason);
    QStringList proof;
    if (!item.rawReason.empty())
        proof << Details::tr("Reported as %1").arg(withoutBullets(text(item.rawReason)));
    if (const QString age = ageOf(item.since, context.now); !age.isEmpty())
        proof << Details::tr("for %1").arg(age);
    card.notes.push_back({sentence, proof.join(QStringLiteral(" · "))});
    return card; // where to look first is the diagnosis' to say: pointToCause()
}

void addChart(const PageContext& context, Page& page, const std::vector<Sample>& history, bool memory)
{
    const Item& item = context.item;
    const auto value = [memory](const Amount& amount) {
        return memory ? amount.memoryBytes : amount.cpuMilli;
    };
    const auto format = memory ? &memoryText : &cpuText;
    Card card;
    card.kind = Card::Kind::Chart;
    card.id = memory ? QStringLiteral("chart-memory") : QStringLiteral("chart-cpu");
    card.title = memory ? Details::tr("Memory, 30 min") : Details::tr("CPU, 30 min");
    const std::int64_t capacity = value(item.capacity);
    double most = capacity > 0 ? double(capacity) : 0;
    for (const Sample& sample : history) {
        if (value(sample.used) < 0)
            continue;
        // Whole seconds: a page built again in the same second is the same page.
        const double at = double((sample.at - context.now) / 1000);
        card.chart.points.emplace_back(std::clamp(at, -1800.0, 0.0), double(value(sample.used)));
        most = std::max(most, double(value(sample.used)));
    }
    // Of some kinds no history is kept; of the others "nothing measured yet" is worth saying.
    const bool kept = item.kind == ItemKind::OuterNode || item.kind == ItemKind::Vm ||
                      item.kind == ItemKind::InnerNode || item.kind == ItemKind::Workload;
    if (card.chart.points.empty() && (!kept || value(item.used) < 0))
        return;
    card.chart.capacity = capacity > 0 ? double(capacity) : -1;
    card.chart.top = most > 0 ? most * 1.08 : 1;
    const Worded used = share(value(item.used), capacity, format);
    card.aside = used.value;
    card.asideShorter = used.shorter;
    // The memory's stands beside the first two cards of facts: in three columns it is seen without scrolling.
    auto place = page.cards.end();
    if (memory) {
        int facts = 0;
        for (auto it = page.cards.begin(); it != page.cards.end() && place == page.cards.end(); ++it) {
            if (it->kind == Card::Kind::Facts && ++facts == 2)
                place = it + 1;
        }
    }
    page.cards.insert(place, std::move(card));
}

void addCarried(const PageContext& context, Page& page, Tree tree, const char* id, const QString& title)
{
    std::vector<ItemId> children = orderedChildren(context.stack, tree, context.item.id);
    if (children.empty())
        return;
    // The worst first, else in the order of the tree.
    std::stable_sort(children.begin(), children.end(), [&](ItemId a, ItemId b) {
        const Item* left = context.stack.find(a);
        const Item* right = context.stack.find(b);
        const auto weight = [](const Item* item) {
            return item->worst() >= Health::Warning ? static_cast<int>(item->worst()) : 0;
        };
        return weight(left) > weight(right);
    });
    Card card;
    card.kind = Card::Kind::Links;
    card.id = QString::fromLatin1(id);
    card.title = title;
    card.aside = QString::number(children.size());
    for (const ItemId child : children) {
        if (card.links.size() == kMostLinks) {
            card.more = int(children.size() - kMostLinks);
            break;
        }
        if (const Item* item = context.stack.find(child))
            card.links.push_back(linkTo(*item));
    }
    page.cards.push_back(std::move(card));
}

QString carriedTitle(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Host:
        return Details::tr("Outer nodes on it");
    case ItemKind::OuterNode:
        return Details::tr("VMs on it");
    case ItemKind::Vm:
        return Details::tr("Inner node in it");
    case ItemKind::InnerNode:
        return Details::tr("Workloads on it");
    default:
        return Details::tr("What it carries");
    }
}

} // namespace

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

QString ageOf(UnixMs since, UnixMs now)
{
    return since <= 0 ? QString() : QString::fromStdString(formatAge(now - since));
}

QString cpuText(std::int64_t milli)
{
    return milli < 0 ? QString() : QString::fromStdString(formatCpu(milli));
}

QString memoryText(std::int64_t bytes)
{
    return bytes < 0 ? QString() : QString::fromStdString(formatBytes(bytes));
}

QString countText(std::int64_t count)
{
    return count < 0 ? QString() : QString::number(count);
}

Worded share(std::int64_t part, std::int64_t whole, QString (*format)(std::int64_t))
{
    if (part < 0)
        return {whole < 0 ? QString() : format(whole), {}};
    if (whole <= 0)
        return {format(part), {}};
    const QString percent = QString::number(int((double(part) * 100 / double(whole)) + 0.5));
    return {Details::tr("%1 of %2 (%3 %)").arg(format(part), format(whole), percent),
            {Details::tr("%1 (%2 %)").arg(format(part), percent), Details::tr("%1 %").arg(percent)}};
}

Card facts(const char* id, const QString& title)
{
    Card card;
    card.id = QString::fromLatin1(id);
    card.title = title;
    return card;
}

void row(Card& card, const QString& label, const QString& value, TextRole role, const QString& hint)
{
    if (!value.isEmpty())
        card.facts.push_back({label, value, role, hint, {}});
}

void row(Card& card, const QString& label, const Worded& value)
{
    if (!value.value.isEmpty())
        card.facts.push_back({label, value.value, TextRole::Text, {}, value.shorter});
}

void yesNo(Card& card, const QString& label, bool value, TextRole whenFalse)
{
    row(card, label, value ? Details::tr("yes") : Details::tr("no"), value ? TextRole::Text : whenFalse);
}

void add(Page& page, Card card)
{
    if (!card.facts.empty() || !card.links.empty() || !card.notes.empty() || !card.pods.empty())
        page.cards.push_back(std::move(card));
}

void conditionRow(Card& card, const QString& label, const std::vector<Condition>& conditions,
                  const char* type, UnixMs now)
{
    const Condition* condition = findCondition(conditions, type);
    if (condition == nullptr)
        return;
    const Health health = conditionHealth(*condition);
    QString value = text(condition->status);
    if (health != Health::Ok) {
        if (const QString age = ageOf(condition->since, now); !age.isEmpty())
            value += QStringLiteral(" · ") + age;
    }
    QString hint = text(condition->reason);
    if (!condition->message.empty())
        hint += (hint.isEmpty() ? QString() : QStringLiteral(": ")) + text(condition->message);
    row(card, label, value, health == Health::Ok ? TextRole::Text : roleOf(health), hint);
}

LinkRow linkTo(const Item& item)
{
    LinkRow link;
    link.item = item.id;
    link.kind = item.kind;
    link.name = text(item.name);
    link.note = text(item.note);
    link.state = text(item.state);
    link.health = item.health;
    link.below = item.below;
    return link;
}

QString podsText(int pods, bool more)
{
    const QString number = QString::number(pods);
    return more ? Details::tr("%1 or more").arg(number) : number;
}

QString podsText(const Item& item)
{
    return podsText(item.pods, item.morePods);
}

QString linkText(const SourceState& source, UnixMs now, TextRole& role)
{
    const QString heard = ageOf(source.lastHeard, now);
    switch (source.phase) {
    case LinkPhase::Connecting:
        role = TextRole::Progressing;
        return Details::tr("connecting…");
    case LinkPhase::Live:
        role = TextRole::Text;
        return heard.isEmpty() ? Details::tr("live") : Details::tr("live · heard %1 ago").arg(heard);
    case LinkPhase::Waiting:
        role = TextRole::Failed;
        return heard.isEmpty() ? Details::tr("not reached yet")
                               : Details::tr("lost · heard %1 ago").arg(heard);
    case LinkPhase::Closed:
        role = TextRole::Muted;
        return Details::tr("closed");
    }
    return {};
}

Card machineCard(const PageContext& context)
{
    Card card = facts("machine", Details::tr("Cluster API"));
    const ItemFacts& f = context.facts;
    row(card, Details::tr("Cluster"), text(context.item.tenant));
    if (f.machine != nullptr) {
        row(card, Details::tr("Machine"), text(f.machine->meta.name));
        row(card, Details::tr("Phase"), text(f.machine->phase),
            f.machine->phase == "Failed" ? TextRole::Failed : TextRole::Text);
        row(card, Details::tr("Kubernetes"), text(f.machine->version));
        row(card, Details::tr("Role"),
            f.machine->controlPlane ? Details::tr("control plane") : Details::tr("worker"));
        if (!f.machine->deploymentName.empty())
            row(card, Details::tr("Worker pool"), text(f.machine->deploymentName));
        conditionRow(card, Details::tr("Node healthy"), f.machine->conditions, "NodeHealthy", context.now);
    }
    if (f.kubevirtMachine != nullptr) {
        conditionRow(card, Details::tr("VM provisioned"), f.kubevirtMachine->conditions, "VMProvisioned",
                     context.now);
        conditionRow(card, Details::tr("Bootstrapped"), f.kubevirtMachine->conditions,
                     "BootstrapExecSucceeded", context.now);
    }
    if (f.machine != nullptr)
        row(card, Details::tr("Provider ID"), text(f.machine->providerId));
    return card;
}

Card vmCard(const PageContext& context)
{
    Card card = facts("vm", Details::tr("Virtual machine"));
    const ItemFacts& f = context.facts;
    if (f.vm == nullptr && f.vmi == nullptr)
        return card;
    const Verdict verdict = vmVerdict(f.vm, f.vmi, nullptr, nullptr);
    QString phase = f.vmi != nullptr ? text(f.vmi->phase) : text(f.vm->printableStatus);
    if (f.vm != nullptr && !f.vm->printableStatus.empty() && text(f.vm->printableStatus) != phase)
        phase += QStringLiteral(" (%1)").arg(text(f.vm->printableStatus).toLower());
    row(card, Details::tr("Phase"), phase,
        verdict.health >= Health::Warning ? roleOf(verdict.health) : TextRole::Text);
    const Amount size = f.vmi != nullptr && f.vmi->size.memoryBytes >= 0 ? f.vmi->size
                        : f.vm != nullptr                                ? f.vm->size
                                                                         : Amount{};
    if (size.cpuMilli >= 0 && size.memoryBytes >= 0)
        row(card, Details::tr("vCPU / memory"),
            QStringLiteral("%1 / %2").arg(cpuText(size.cpuMilli), memoryText(size.memoryBytes)));
    if (f.vm != nullptr)
        row(card, Details::tr("Run strategy"), text(f.vm->runStrategy));
    if (f.vmi == nullptr)
        return card;
    row(card, Details::tr("Guest"), text(f.vmi->guestOs));
    QStringList addresses;
    for (const SharedText& ip : f.vmi->ips)
        addresses << text(ip);
    row(card, Details::tr("IP"), addresses.join(QStringLiteral(", ")));
    for (const Volume& volume : f.vmi->volumes) {
        if (volume.name != "root" && volume.name != "rootdisk" && f.vmi->volumes.size() != 1)
            continue;
        QString disk = volume.claim.empty() ? text(volume.name) : text(volume.claim);
        if (volume.sizeBytes >= 0)
            disk += QStringLiteral(" · ") + memoryText(volume.sizeBytes);
        row(card, Details::tr("Root disk"), disk);
    }
    row(card, Details::tr("Outer node"), text(f.vmi->nodeName));
    if (!f.vmi->migrationTarget.empty())
        row(card, Details::tr("Migrating to"), text(f.vmi->migrationTarget), TextRole::Progressing);
    conditionRow(card, Details::tr("Live migratable"), f.vmi->conditions, "LiveMigratable", context.now);
    return card;
}

Card nodeCard(const PageContext& context, const KubeNodeFact& node)
{
    Card card = facts("node", Details::tr("Kubernetes node"));
    conditionRow(card, Details::tr("Ready"), node.conditions, "Ready", context.now);
    row(card, Details::tr("Kubelet"), text(node.kubeletVersion));
    row(card, Details::tr("Roles"), text(node.roles));
    row(card, Details::tr("IP"), text(node.internalIp));
    row(card, Details::tr("Operating system"), text(node.osImage));
    row(card, Details::tr("Kernel"), text(node.kernel));
    row(card, Details::tr("Container runtime"), text(node.containerRuntime));
    if (node.unschedulable)
        row(card, Details::tr("Scheduling"), Details::tr("cordoned"), TextRole::Progressing,
            Details::tr("New pods are kept off the node."));
    QStringList taints;
    for (const std::string& taint : node.taints)
        taints << text(taint);
    row(card, Details::tr("Taints"), taints.join(QStringLiteral(", ")));
    row(card, Details::tr("Age"), ageOf(node.meta.created, context.now));
    return card;
}

QString kindName(ItemKind kind)
{
    switch (kind) {
    case ItemKind::Host:
        return Details::tr("Host");
    case ItemKind::OuterNode:
        return Details::tr("Outer node");
    case ItemKind::Vm:
        return Details::tr("VM");
    case ItemKind::InnerNode:
        return Details::tr("Inner node");
    case ItemKind::Workload:
        return Details::tr("Workload");
    case ItemKind::TenantCluster:
        return Details::tr("Tenant cluster");
    case ItemKind::ControlPlane:
        return Details::tr("Control plane");
    case ItemKind::WorkerPool:
        return Details::tr("Worker pool");
    case ItemKind::Machine:
        return Details::tr("Machine");
    case ItemKind::Domain:
        return Details::tr("Domain");
    case ItemKind::Placeholder:
        return Details::tr("Placeholder");
    }
    return {};
}

Page buildPage(const Stack& stack, ItemId id, UnixMs now)
{
    Page page;
    const Item* item = stack.find(id);
    if (item == nullptr)
        return page;
    const PageContext context{stack, *item, stack.facts(id), now};
    add(page, reasonCard(context));
    switch (item->kind) {
    case ItemKind::Host:
        hostPage(context, page);
        break;
    case ItemKind::OuterNode:
        outerNodePage(context, page);
        break;
    case ItemKind::Vm:
        vmPage(context, page);
        break;
    case ItemKind::InnerNode:
        innerNodePage(context, page);
        break;
    case ItemKind::Workload:
        workloadPage(context, page);
        break;
    case ItemKind::TenantCluster:
        tenantClusterPage(context, page);
        break;
    case ItemKind::ControlPlane:
        controlPlanePage(context, page);
        break;
    case ItemKind::WorkerPool:
        workerPoolPage(context, page);
        break;
    case ItemKind::Machine:
        machinePage(context, page);
        break;
    case ItemKind::Domain:
        domainPage(context, page);
        break;
    case ItemKind::Placeholder:
        placeholderPage(context, page);
        break;
    }
    const std::vector<Sample> history = stack.history(id);
    addChart(context, page, history, true);
    addChart(context, page, history, false);
    addCarried(context, page, Tree::Stack, "carries", carriedTitle(item->kind));
    if (item->kind == ItemKind::Host)
        addCarried(context, page, Tree::Hosts, "domains", Details::tr("Domains on it"));
    else if (item->kind != ItemKind::Placeholder || item->childrenIn(Tree::Stack).empty())
        addCarried(context, page, Tree::Tenants, "members", Details::tr("What belongs to it"));

    Card related;
    related.kind = Card::Kind::Links;
    related.id = QStringLiteral("related");
    related.title = Details::tr("The same thing elsewhere");
    for (const ItemId other : stack.related(id)) {
        const Item* found = stack.find(other);
        if (found == nullptr || found->parentIn(Tree::Tenants) == id || found->parentIn(Tree::Stack) == id)
            continue;
        LinkRow link = linkTo(*found);
        link.note = kindName(found->kind);
        related.links.push_back(std::move(link));
    }
    add(page, std::move(related));

    Card why;
    why.kind = Card::Kind::Notes;
    why.id = QStringLiteral("evidence");
    why.title = Details::tr("Why it is here");
    for (const Evidence& evidence : item->evidence) {
        QString sub = text(evidence.value);
        sub += (sub.isEmpty() ? QString() : QStringLiteral(" · ")) + confidenceName(evidence.confidence);
        why.notes.push_back({text(evidence.text), sub});
    }
    add(page, std::move(why));
    return page;
}

} // namespace strata::ui
