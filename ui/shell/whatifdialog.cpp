// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/whatifdialog.h"

#include "ui/actions/budgetsline.h"
#include "ui/actions/fatewords.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <utility>

namespace strata::ui {

using namespace stack;
using diagnosis::Blast;
using diagnosis::Fate;
using diagnosis::What;

namespace {

constexpr int kLookEveryMs = 500;
constexpr std::size_t kMostLines = 6;

QString sumText(const Blast& blast)
{
    if (blast.vms.empty())
        return WhatIfDialog::tr("No VM runs on it: nobody notices.");
    QStringList parts;
    for (const Fate fate : {Fate::Blocks, Fate::NoRoom, Fate::Stays, Fate::Restarts, Fate::Migrates}) {
        if (const int count = blast.count(fate); count > 0)
            parts << WhatIfDialog::tr("%1 %2").arg(count).arg(fateName(fate));
    }
    return WhatIfDialog::tr("Of %1 VMs: %2").arg(blast.vms.size()).arg(parts.join(QStringLiteral(", ")));
}

} // namespace

bool WhatIfDialog::makesSense(const Stack& stack, ItemId id)
{
    const Item* item = stack.find(id);
    return item != nullptr &&
           (item->kind == ItemKind::Host || item->kind == ItemKind::OuterNode || item->kind == ItemKind::Vm);
}

WhatIfDialog::WhatIfDialog(StackStore* store, Selection* selection, StrataChart* chart, ItemId id,
                           std::function<std::shared_ptr<kube::Client>(SourceId)> clients, QWidget* parent)
    : QDialog(parent), m_store(store), m_selection(selection), m_chart(chart), m_id(id)
{
    setWindowTitle(tr("What if"));
    resize(640, 460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(8);
    auto* head = new QHBoxLayout;
    m_title = new ThemedLabel(TextRole::Text, this);
    m_title->setLook(1.3, QFont::DemiBold);
    head->addWidget(m_title, 1);
    m_what = new QComboBox(this);
    m_what->setAccessibleName(tr("What happens"));
    const Item* item = store->stack().find(id);
    if (item != nullptr && item->kind == ItemKind::Vm) {
        m_what->addItem(tr("it stops"), static_cast<int>(What::VmStops));
        m_what->hide();
    } else {
        m_what->addItem(tr("it dies now"), static_cast<int>(What::HostDies));
        m_what->addItem(tr("it is drained"), static_cast<int>(What::NodeDrains));
    }
    head->addWidget(m_what);
    layout->addLayout(head);
    const auto line = [&](TextRole role) {
        auto* label = new ThemedLabel(role, this);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label);
        return label;
    };
    m_sum = line(TextRole::Text);
    m_quorums = line(TextRole::Text);
    m_tenants = line(TextRole::Muted);
    m_budgets = new BudgetsLine(std::move(clients), this);
    layout->addWidget(m_budgets);
    m_vms = new QTreeWidget(this);
    m_vms->setAccessibleName(tr("What happens to each VM"));
    m_vms->setRootIsDecorated(false);
    m_vms->setUniformRowHeights(true);
    m_vms->setHeaderLabels({tr("VM"), tr("Tenant"), tr("What"), tr("Where"), tr("Why")});
    m_vms->header()->setStretchLastSection(true);
    layout->addWidget(m_vms, 1);
    m_foot = line(TextRole::Muted);
    m_foot->showText(
        tr("Worked out from requests, run strategies and eviction strategies. Nothing is changed."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_what, &QComboBox::currentIndexChanged, this, &WhatIfDialog::look);
    connect(m_vms, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* row) {
        const std::size_t at = std::size_t(m_vms->indexOfTopLevelItem(row));
        if (at < m_blast.vms.size())
            m_selection->select(m_blast.vms[at].vm);
    });
    m_later.setSingleShot(true);
    m_later.setInterval(kLookEveryMs);
    connect(&m_later, &QTimer::timeout, this, &WhatIfDialog::look);
    connect(store, &StackStore::changed, this, [this] {
        if (!m_later.isActive())
            m_later.start();
    });
    look();
}

WhatIfDialog::~WhatIfDialog()
{
    if (m_chart != nullptr)
        m_chart->setMarked({});
}

void WhatIfDialog::look()
{
    const Stack& stack = m_store->stack();
    m_blast = diagnosis::whatIf(stack, static_cast<What>(m_what->currentData().toInt()), m_id);
    if (m_chart != nullptr)
        m_chart->setMarked(m_blast.touched);
    m_title->showText(m_blast.title.empty() ? tr("It is gone") : cleaned(m_blast.title));
    m_sum->showText(sumText(m_blast));
    QStringList quorums;
    bool breaks = false;
    for (const diagnosis::QuorumHit& hit : m_blast.quorums) {
        if (std::size_t(quorums.size()) == kMostLines)
            break;
        breaks = breaks || hit.breaks();
        const QString text = hit.breaks() ? tr("etcd of %1 loses its quorum: %2 of %3 members remain")
                                          : tr("etcd of %1 keeps its quorum: %2 of %3 members remain");
        quorums << text.arg(shown(hit.name)).arg(hit.healthy - hit.lost).arg(hit.members);
    }
    m_quorums->setVisible(!quorums.isEmpty());
    m_quorums->setRole(breaks ? TextRole::Failed : TextRole::Text);
    m_quorums->showText(quorums.join(QLatin1Char('\n')));
    QStringList tenants;
    for (const diagnosis::TenantHit& hit : m_blast.tenants) {
        if (std::size_t(tenants.size()) == kMostLines)
            break;
        tenants << tr("Tenant %1 loses %2 of its nodes with %3 pods on them for a while")
                       .arg(shown(hit.name))
                       .arg(hit.nodes)
                       .arg(hit.pods);
    }
    m_tenants->setVisible(!tenants.isEmpty());
    m_tenants->showText(tenants.join(QLatin1Char('\n')));
    m_budgets->ask(stack, m_blast.down, BudgetsLine::Manner::AtOnce);
    while (m_vms->topLevelItemCount() > int(m_blast.vms.size()))
        delete m_vms->takeTopLevelItem(m_vms->topLevelItemCount() - 1);
    for (std::size_t i = 0; i < m_blast.vms.size(); ++i) {
        const diagnosis::VmFate& fate = m_blast.vms[i];
        const Item* vm = stack.find(fate.vm);
        const Item* target = stack.find(fate.target);
        QTreeWidgetItem* row = m_vms->topLevelItem(int(i));
        if (row == nullptr)
            row = new QTreeWidgetItem(m_vms);
        row->setText(0, vm == nullptr ? QString() : shown(vm->name));
        row->setText(1, vm == nullptr ? QString() : shown(vm->tenant));
        row->setIcon(2, healthIcon(healthOfFate(fate.fate)));
        row->setText(2, fateName(fate.fate));
        row->setText(3, target == nullptr ? QString() : shown(target->name));
        row->setText(4, cleaned(fate.why));
    }
    m_vms->setVisible(!m_blast.vms.empty());
    for (int column = 0; column < 4; ++column)
        m_vms->resizeColumnToContents(column);
}

} // namespace strata::ui
