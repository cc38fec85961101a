// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/attention.h"

#include "ui/settings/workspace.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackpanel.h"
#include "ui/stack/stackstore.h"

#include <QJsonArray>
#include <QJsonObject>

#include <unordered_map>

namespace strata::ui {

using namespace stack;

namespace {

constexpr int kSoonMs = 300;

} // namespace

std::set<SourceId> tenantsOf(const Stack& stack, const std::vector<ItemId>& items,
                             const QSet<QString>& pinned)
{
    std::unordered_map<std::string, SourceId> byTenant; // by Item::tenantKey
    for (const SourceId id : stack.sources()) {
        const SourceState* source = stack.source(id);
        if (source != nullptr && source->kind == SourceKind::InnerCluster)
            byTenant.emplace(std::to_string(source->outer) + "|" + source->clusterKey, id);
    }
    std::set<SourceId> out;
    const auto add = [&](ItemId id) {
        const Item* item = stack.find(id);
        const auto found = item == nullptr ? byTenant.end() : byTenant.find(item->tenantKey);
        if (found != byTenant.end())
            out.insert(found->second);
    };
    for (const ItemId id : items)
        add(id);
    for (const QString& key : pinned)
        add(stack.findKey(key.toStdString()));
    return out;
}

Attention::Attention(StackStore* store, StackPanel* tree, Selection* selection, Workspace* workspace,
                     Look look, QObject* parent)
    : QObject(parent), m_store(store), m_tree(tree), m_selection(selection), m_workspace(workspace),
      m_look(std::move(look))
{
    const QJsonObject saved = workspace->panelState(QStringLiteral("pins"));
    for (const QJsonValue& key : saved.value(QLatin1String("tenants")).toArray())
        m_pinned.insert(key.toString());
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    connect(&m_soon, &QTimer::timeout, this, [this] { tell(false); });
    connect(tree, &StackPanel::shownChanged, this, &Attention::plan);
    connect(selection, &Selection::changed, this, &Attention::plan);
    connect(store, &StackStore::changed, this, [this](const StackDelta& delta) {
        if (!delta.sources.empty())
            plan();
    });
}

bool Attention::isPinned(ItemId tenant) const
{
    const Item* item = m_store->stack().find(tenant);
    return item != nullptr && m_pinned.contains(QString::fromStdString(item->key));
}

void Attention::setPinned(ItemId tenant, bool pinned)
{
    const Item* item = m_store->stack().find(tenant);
    if (item == nullptr)
        return;
    const QString key = QString::fromStdString(item->key);
    if (pinned)
        m_pinned.insert(key);
    else
        m_pinned.remove(key);
    QStringList keys(m_pinned.begin(), m_pinned.end());
    keys.sort();
    QJsonObject saved;
    saved.insert(QLatin1String("tenants"), QJsonArray::fromStringList(keys));
    m_workspace->setPanelState(QStringLiteral("pins"), saved);
    tell(false);
}

void Attention::refresh()
{
    tell(true);
}

void Attention::plan()
{
    if (!m_soon.isActive()) // not put off by what comes all the time
        m_soon.start();
}

void Attention::tell(bool again)
{
    std::vector<ItemId> items = m_tree->shownItems();
    items.push_back(m_selection->current());
    std::set<SourceId> now = tenantsOf(m_store->stack(), items, m_pinned);
    if (now == m_told && !again)
        return;
    m_told = std::move(now);
    m_look({m_told.begin(), m_told.end()});
}

} // namespace strata::ui
