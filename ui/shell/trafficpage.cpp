// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/trafficpage.h"

#include "ui/stack/stackstore.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QCoreApplication>
#include <QHeaderView>
#include <QLocale>
#include <QTableView>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kAskEveryMs = 1000;

class View : public QTableView {
public:
    View(StackStore* store, AskTraffic ask, QWidget* parent)
        : QTableView(parent), m_table(new TrafficTable(store, this)), m_ask(std::move(ask))
    {
        setModel(m_table);
        m_timer.setInterval(kAskEveryMs);
        connect(&m_timer, &QTimer::timeout, this, [this] { look(); });
    }

protected:
    void showEvent(QShowEvent* event) override
    {
        QTableView::showEvent(event);
        look();
        m_timer.start();
    }
    void hideEvent(QHideEvent* event) override
    {
        QTableView::hideEvent(event);
        m_timer.stop();
    }

private:
    void look()
    {
        if (m_asking || !m_ask)
            return;
        m_asking = true;
        m_ask(this, [this](std::vector<TrafficRow> rows) {
            m_asking = false;
            m_table->show(std::move(rows));
        });
    }

    TrafficTable* m_table;
    AskTraffic m_ask;
    QTimer m_timer;
    bool m_asking = false;
};

} // namespace

TrafficTable::TrafficTable(StackStore* store, QObject* parent) : QAbstractTableModel(parent), m_store(store)
{}

void TrafficTable::show(std::vector<TrafficRow> rows)
{
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.source < b.source; });
    // Rows come and go at their places, so that a selection and the scroll position stay.
    for (int at = int(m_rows.size()) - 1; at >= 0; --at) {
        const stack::SourceId id = m_rows[std::size_t(at)].source;
        if (std::any_of(rows.begin(), rows.end(), [id](const auto& row) { return row.source == id; }))
            continue;
        beginRemoveRows({}, at, at);
        m_rows.erase(m_rows.begin() + at);
        endRemoveRows();
    }
    for (std::size_t at = 0; at < rows.size(); ++at) {
        if (at < m_rows.size() && m_rows[at].source == rows[at].source) {
            m_rows[at] = rows[at];
            continue;
        }
        beginInsertRows({}, int(at), int(at));
        m_rows.insert(m_rows.begin() + std::ptrdiff_t(at), rows[at]);
        endInsertRows();
    }
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(int(m_rows.size()) - 1, Columns - 1));
}

int TrafficTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int TrafficTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant TrafficTable::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const TrafficRow& row = m_rows[std::size_t(index.row())];
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Name ? Qt::AlignLeading : Qt::AlignTrailing) | Qt::AlignVCenter);
    if (role == Qt::ForegroundRole)
        return index.column() == Failures && row.numbers.failures > 0 ? QVariant(colorOf(TextRole::Warning))
                                                                      : QVariant();
    if (role != Qt::DisplayRole)
        return {};
    const QLocale locale;
    const kube::ClientTraffic& n = row.numbers;
    const auto number = [&](std::uint64_t value) { return locale.toString(qulonglong(value)); };
    const auto bytes = [&](std::uint64_t value) { return locale.formattedDataSize(qint64(value), 1); };
    switch (index.column()) {
    case Name: {
        const stack::SourceState* source = m_store->stack().source(row.source);
        return source != nullptr ? cleaned(source->name) : QString();
    }
    case Requests:
        return number(n.requests);
    case Mean:
        return n.requests > 0 ? tr("%1 ms").arg(number(n.meanMs)) : QString();
    case Slowest:
        return n.requests > 0 ? tr("%1 ms").arg(number(n.slowestMs)) : QString();
    case Watches:
        return number(n.openStreams);
    case Restarts:
        return number(n.streams > n.openStreams ? n.streams - n.openStreams : 0);
    case Failures:
        return number(n.failures);
    case Received:
        return bytes(n.bytesIn);
    case Sent:
        return bytes(n.bytesOut);
    case Connections:
        return number(n.connections);
    default:
        return {};
    }
}

QVariant TrafficTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Name ? Qt::AlignLeading : Qt::AlignTrailing) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole)
        return section == Restarts   ? plainToolTip(tr("Watches that ended and were opened again"))
               : section == Received ? plainToolTip(tr("Bodies as they are read and headers"))
                                     : QVariant();
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Connection");
    case Requests:
        return tr("Requests");
    case Mean:
        return tr("Mean");
    case Slowest:
        return tr("Slowest");
    case Watches:
        return tr("Watches");
    case Restarts:
        return tr("Restarts");
    case Failures:
        return tr("Failures");
    case Received:
        return tr("Received");
    case Sent:
        return tr("Sent");
    case Connections:
        return tr("Connections");
    default:
        return {};
    }
}

QTableView* makeTrafficView(StackStore* store, AskTraffic ask, QWidget* parent)
{
    auto* view = new View(store, std::move(ask), parent);
    view->setAccessibleName(QCoreApplication::translate("TrafficPage", "What Strata asks of the servers"));
    view->setSelectionBehavior(QTableView::SelectRows);
    view->setEditTriggers(QTableView::NoEditTriggers);
    view->setShowGrid(false);
    view->setTabKeyNavigation(false);
    view->setWordWrap(false);
    view->setFrameShape(QFrame::NoFrame);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 10);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    view->setItemDelegate(new CellDelegate(view));
    installTableCopy(view);
    return view;
}

} // namespace strata::ui
