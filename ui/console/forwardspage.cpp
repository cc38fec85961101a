// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/forwardspage.h"

#include "ui/console/endbar.h"
#include "ui/console/pageheader.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/text.h"

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDesktopServices>
#include <QHeaderView>
#include <QPointer>
#include <QPushButton>
#include <QTableWidget>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

namespace strata::ui {

ForwardsPage::ForwardsPage(QWidget* parent) : SessionPage(pageKey(), tr("Ports"), parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* header = new PageHeader(this);
    header->setStatus(
        tr("Ports of this machine that lead into pods, Services and VMs; they end with this tab."));
    const auto button = [&](const char* icon, const QString& text, auto what) {
        QToolButton* made = header->addButton(icon, text);
        made->setEnabled(false);
        connect(made, &QToolButton::clicked, this, [this, what] {
            if (const int row = m_table->currentRow(); row >= 0 && row < int(m_entries.size()))
                what(row);
        });
        m_rowButtons.push_back(made);
    };
    button("copy", tr("Copy the local address"), [this](int row) {
        QApplication::clipboard()->setText(QStringLiteral("127.0.0.1:%1").arg(port(row)));
    });
    button("open", tr("Open it in the browser"), [this](int row) {
        QDesktopServices::openUrl(QUrl(QStringLiteral("http://127.0.0.1:%1/").arg(port(row))));
    });
    button("stop", tr("Stop forwarding"), [this](int row) { stop(row); });
    layout->addWidget(header);
    m_endBar = new EndBar(this);
    m_endBar->againButton()->setText(tr("Dismiss"));
    connect(m_endBar, &EndBar::againWanted, m_endBar, &QWidget::hide);
    layout->addWidget(m_endBar);
    m_table = new QTableWidget(0, Columns, this);
    m_table->setAccessibleName(tr("Forwarded ports"));
    m_table->setHorizontalHeaderLabels(
        {tr("Here"), tr("Leads to"), tr("Connections"), tr("Received"), tr("Sent"), tr("Last problem")});
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeading | Qt::AlignVCenter);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(Target, QHeaderView::Stretch);
    m_table->horizontalHeader()->setSectionResizeMode(Problem, QHeaderView::Stretch);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegate(new CellDelegate(m_table));
    connect(m_table, &QTableWidget::currentCellChanged, this, &ForwardsPage::updateButtons);
    layout->addWidget(m_table, 1);
    setFocusProxy(m_table);
    setState(State::Open);
}

ForwardsPage::~ForwardsPage() = default;

void ForwardsPage::enter()
{
    m_table->setFocus(Qt::ShortcutFocusReason);
}

std::uint16_t ForwardsPage::port(int row) const
{
    return m_entries[std::size_t(row)].forward->port();
}

void ForwardsPage::open(const ConsoleServices& services, stack::SourceId cluster,
                        const console::ForwardTarget& target, std::uint16_t localPort)
{
    const std::function<void()> changed = [guard = QPointer<ForwardsPage>(this)] {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [guard] {
                if (guard)
                    guard->refresh();
            },
            Qt::QueuedConnection);
    };
    Result<std::unique_ptr<console::Forward>> forward = services.forward(cluster, target, localPort, changed);
    if (!forward) {
        m_endBar->say(endWords({console::SessionEnd::Kind::Failed, 0, std::move(forward.error())}, false));
        m_endBar->show();
        return;
    }
    m_endBar->hide();
    m_entries.push_back({std::move(*forward), target});
    const int row = m_table->rowCount();
    m_table->insertRow(row);
    for (int column = 0; column < Columns; ++column)
        m_table->setItem(row, column, new QTableWidgetItem);
    refresh();
    m_table->setCurrentCell(row, Local);
}

void ForwardsPage::stop(int row)
{
    m_entries.erase(m_entries.begin() + row);
    m_table->removeRow(row);
    updateButtons();
}

void ForwardsPage::refresh()
{
    bool problems = false; // else their column takes room from where the ports lead to
    for (int row = 0; row < int(m_entries.size()); ++row) {
        const Entry& entry = m_entries[std::size_t(row)];
        const console::Forward::State state = entry.forward->state();
        problems = problems || !state.problem.empty();
        const auto set = [&](Column column, const QString& text) {
            m_table->item(row, column)->setText(text);
        };
        set(Local, QStringLiteral("127.0.0.1:%1").arg(entry.forward->port()));
        set(Target, tr("%1 %2/%3, port %4")
                        .arg(entry.target.guest     ? tr("VM")
                             : entry.target.service ? tr("Service")
                                                    : tr("Pod"),
                             shown(entry.target.ns), shown(entry.target.name))
                        .arg(entry.target.port));
        m_table->item(row, Target)->setToolTip(plainToolTip(m_table->item(row, Target)->text()));
        set(Open, tr("%1 open, %2 in all").arg(state.open).arg(state.connections));
        set(Received, bytesText(std::int64_t(state.received)));
        set(Sent, bytesText(std::int64_t(state.sent)));
        set(Problem, cleaned(state.problem));
        m_table->item(row, Problem)->setToolTip(plainToolTip(cleaned(state.problem)));
    }
    m_table->setColumnHidden(Problem, !problems);
}

void ForwardsPage::updateButtons()
{
    const int row = m_table->currentRow();
    for (QToolButton* button : m_rowButtons)
        button->setEnabled(row >= 0 && row < int(m_entries.size()));
}

} // namespace strata::ui
