// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/hosts/domainspage.h"

#include "core/base/quantity.h"
#include "core/hosts/domainwords.h"
#include "ui/connect/errorwords.h"
#include "ui/details/actionrow.h"
#include "ui/hosts/domainactions.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using virt::DomainRow;
using virt::DomainState;
using virt::DomainVerb;

namespace {

constexpr int kSettleMs = 400; // many changes, one question

stack::Health healthOf(const DomainRow& row)
{
    switch (row.facts.state) {
    case DomainState::Running:
    case DomainState::Blocked:
        return stack::Health::Ok;
    case DomainState::ShuttingDown:
        return stack::Health::Progressing;
    case DomainState::Paused:
    case DomainState::Suspended:
        return row.facts.stateReason == "I/O error" ? stack::Health::Failed : stack::Health::Warning;
    case DomainState::Crashed:
        return stack::Health::Failed;
    case DomainState::ShutOff:
    case DomainState::NoState:
        break;
    }
    return stack::Health::Unknown;
}

QString stateName(DomainState state)
{
    switch (state) {
    case DomainState::Running:
    case DomainState::Blocked:
        return DomainModel::tr("Running");
    case DomainState::Paused:
        return DomainModel::tr("Paused");
    case DomainState::ShuttingDown:
        return DomainModel::tr("Shutting down");
    case DomainState::ShutOff:
        return DomainModel::tr("Shut off");
    case DomainState::Crashed:
        return DomainModel::tr("Crashed");
    case DomainState::Suspended:
        return DomainModel::tr("Asleep");
    case DomainState::NoState:
        break;
    }
    return DomainModel::tr("Unknown");
}

} // namespace

DomainModel::DomainModel(const StackStore* store, QObject* parent)
    : QAbstractTableModel(parent), m_store(store)
{}

void DomainModel::setRows(std::vector<DomainRow> rows)
{
    const auto sameOrder = [&] {
        return rows.size() == m_rows.size() && std::equal(rows.begin(), rows.end(), m_rows.begin(),
                                                          [](const DomainRow& a, const DomainRow& b) {
                                                              return a.facts.uuid == b.facts.uuid;
                                                          });
    };
    if (sameOrder()) {
        m_rows = std::move(rows);
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(int(m_rows.size()) - 1, Columns - 1));
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

const DomainRow* DomainModel::row(int index) const
{
    return index >= 0 && index < int(m_rows.size()) ? &m_rows[std::size_t(index)] : nullptr;
}

int DomainModel::find(const std::string& uuid) const
{
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].facts.uuid == uuid)
            return int(i);
    return -1;
}

int DomainModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int DomainModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant DomainModel::data(const QModelIndex& index, int role) const
{
    const DomainRow* each = row(index.row());
    if (each == nullptr)
        return {};
    if (role == Qt::DecorationRole && index.column() == Name)
        return healthIcon(healthOf(*each));
    if (role == Qt::TextAlignmentRole && (index.column() == Cpus || index.column() == Memory))
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        if (index.column() == Name)
            return plainToolTip(each->title.empty()
                                    ? shown(each->facts.uuid)
                                    : shown(each->title) + QLatin1Char('\n') + shown(each->facts.uuid));
        return plainToolTip(data(index, Qt::DisplayRole).toString());
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Name:
        return shown(each->facts.name);
    case State: {
        QString text = stateName(each->facts.state);
        if (!each->facts.stateReason.empty())
            text += QStringLiteral(" · ") + shown(each->facts.stateReason);
        if (each->managedSave)
            text += QStringLiteral(" · ") + tr("saved");
        return text;
    }
    case Cpus:
        return QString::number(each->facts.vcpus);
    case Memory:
        return shown(formatBytes(each->facts.memoryBytes));
    case Autostart:
        return !each->facts.persistent ? tr("not defined") : each->facts.autostart ? tr("yes") : tr("no");
    case Snapshots:
        return each->snapshots < 0 ? QStringLiteral("–") : QString::number(each->snapshots);
    case Carries: {
        const std::string text =
            hosts::carriedText(hosts::carriedBy(m_store->stack(), each->facts.uuid), each->keeper);
        return text.empty() ? QString() : shown(text);
    }
    default:
        return {};
    }
}

QVariant DomainModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Cpus || section == Memory ? Qt::AlignRight : Qt::AlignLeft) |
                   Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Domain");
    case State:
        return tr("State");
    case Cpus:
        return tr("vCPU");
    case Memory:
        return tr("Memory");
    case Autostart:
        return tr("Starts with host");
    case Snapshots:
        return tr("Snapshots");
    case Carries:
        return tr("Carries");
    default:
        return {};
    }
}

DomainsPage::DomainsPage(const HostServices& services, StackStore* store, Selection* selection,
                         QWidget* parent)
    : QWidget(parent), m_services(services), m_store(store), m_selection(selection)
{
    auto* layout = new QVBoxLayout(this);
    setLeadingMargins(layout, 10, 8, 16, 10);
    layout->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(6, 0, 0, 0);
    m_words = new ThemedLabel(TextRole::Muted, this);
    m_words->setObjectName(QStringLiteral("words"));
    m_words->setWordWrap(true);
    m_row = new ActionRow(this);
    m_define = new QPushButton(Theme::icon(QStringLiteral("plus")), tr("Define…"), this);
    m_define->setObjectName(QStringLiteral("define"));
    m_define->setToolTip(tr("A new domain from XML"));
    m_define->setAutoDefault(false);
    head->addWidget(m_words, 1);
    head->addWidget(m_row, 2);
    head->addWidget(m_define);
    layout->addLayout(head);
    m_actions = new DomainActions(this);
    m_row->setActions({m_actions->action(DomainVerb::Start), m_actions->action(DomainVerb::Shutdown),
                       m_actions->action(DomainVerb::Destroy), m_actions->snapshots(), m_actions->entry()});
    m_model = new DomainModel(store, this);
    m_view = new QTableView(this);
    m_view->setAccessibleName(tr("Domains of the host"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new CellDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(qRound(m_view->fontMetrics().height() * 1.75));
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setStretchLastSection(true);
    const int letter = m_view->fontMetrics().averageCharWidth();
    const int widths[] = {29, 17, 26, 7, 11, 15, 11};
    for (int column = 0; column < DomainModel::Columns; ++column)
        m_view->setColumnWidth(column, letter * widths[column]);
    layout->addWidget(m_view, 1);

    m_later.setSingleShot(true);
    m_later.setInterval(kSettleMs);
    connect(&m_later, &QTimer::timeout, this, [this] {
        if (isVisible())
            reload();
    });
    connect(&Theme::instance(), &Theme::changed, this,
            [this] { m_define->setIcon(Theme::icon(QStringLiteral("plus"))); });
    connect(m_define, &QPushButton::clicked, this, [this] {
        DomainTarget host;
        host.source = m_source;
        host.uri = m_uri;
        Q_EMIT defineWanted(host);
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { aim(); });
    connect(m_view, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = m_view->indexAt(at);
        if (!index.isValid())
            return;
        m_view->setCurrentIndex(index);
        aim();
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->setToolTipsVisible(true);
        menu->addActions(m_actions->offered());
        menu->popup(m_view->viewport()->mapToGlobal(at));
    });
    connect(m_view, &QTableView::activated, this, [this](const QModelIndex& index) {
        const DomainRow* row = m_model->row(index.row());
        const stack::Item* host = m_store->stack().find(m_host);
        if (row == nullptr || host == nullptr)
            return;
        for (const stack::ItemId child : host->childrenIn(stack::Tree::Hosts)) {
            const stack::DomainFact* domain = m_store->stack().facts(child).domain;
            if (domain != nullptr && domain->uuid == row->facts.uuid)
                Q_EMIT itemWanted(child);
        }
    });
    connect(selection, &Selection::changed, this, [this](stack::ItemId id) { follow(id); });
    connect(store, &StackStore::changed, this, [this] {
        if (isVisible())
            follow(m_selection->current());
    });
    follow(selection->current());
}

QString DomainsPage::words() const
{
    return m_words->text();
}

void DomainsPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    follow(m_selection->current());
}

void DomainsPage::follow(stack::ItemId id)
{
    const stack::Stack& stack = m_store->stack();
    const stack::Item* item = stack.find(id);
    if (item == nullptr || item->kind != stack::ItemKind::Host)
        return;
    const stack::HostFact* host = stack.facts(id).host;
    const std::string uri = host == nullptr ? std::string() : host->uri;
    if (uri != m_uri) {
        m_asking.reset();
        m_model->setRows({});
        m_seen.clear();
    }
    m_host = id;
    m_uri = uri;
    m_source = item->source;
    std::vector<std::string> words;
    for (const stack::ItemId child : item->childrenIn(stack::Tree::Hosts))
        if (const stack::DomainFact* domain = stack.facts(child).domain)
            words.push_back(domain->uuid + domain->state + domain->stateReason);
    std::sort(words.begin(), words.end());
    std::string seen = m_uri;
    for (const std::string& word : words)
        seen += "\n" + word;
    if (seen == m_seen || !isVisible())
        return;
    const bool first = m_seen.empty();
    m_seen = seen;
    if (first)
        reload();
    else
        m_later.start();
}

void DomainsPage::reload()
{
    if (m_uri.empty() || !m_services.domains) {
        m_words->showText(tr("This host is not connected through libvirt."));
        return;
    }
    if (m_model->rowCount() == 0) {
        m_words->setRole(TextRole::Progressing);
        m_words->showText(tr("Asking the host…"));
    }
    m_asking = std::make_unique<QObject>();
    m_services.domains(m_uri, m_asking.get(), [this](Result<std::vector<DomainRow>> rows) {
        if (!rows) {
            m_words->setRole(TextRole::Failed);
            m_words->showText(errorText(rows.error()));
            return;
        }
        const DomainRow* current = m_model->row(m_view->currentIndex().row());
        const std::string chosen = current == nullptr ? std::string() : current->facts.uuid;
        m_model->setRows(std::move(*rows));
        const int at = std::max(0, m_model->find(chosen));
        if (m_model->rowCount() > 0 && m_view->currentIndex().row() != at)
            m_view->setCurrentIndex(m_model->index(at, 0));
        aim();
        summarise();
    });
}

void DomainsPage::aim()
{
    DomainTarget target;
    if (const DomainRow* row = m_model->row(m_view->currentIndex().row())) {
        target.source = m_source;
        target.uri = m_uri;
        target.uuid = row->facts.uuid;
        target.name = row->facts.name;
        target.state = row->facts.state;
        target.persistent = row->facts.persistent;
        target.autostart = row->facts.autostart;
        target.keeper = row->keeper;
    }
    m_actions->setTarget(target);
}

void DomainsPage::summarise()
{
    int running = 0;
    const int count = m_model->rowCount();
    for (int i = 0; i < count; ++i)
        running += healthOf(*m_model->row(i)) == stack::Health::Ok ? 1 : 0;
    m_words->setRole(TextRole::Muted);
    m_words->showText(count == 0 ? tr("No domains yet.") : tr("%1 of %2 run").arg(running).arg(count));
}

} // namespace strata::ui
