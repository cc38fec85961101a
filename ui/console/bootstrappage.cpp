// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/bootstrappage.h"

#include "ui/console/bootstrapview.h"
#include "ui/console/pageheader.h"
#include "ui/console/savetext.h"
#include "ui/widgets/text.h"

#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace strata::ui {

BootstrapPage::BootstrapPage(const ConsoleServices& services, const QString& title,
                             const GuestConsole& machine, QWidget* parent)
    : SessionPage(QStringLiteral("bootstrap|%1/%2/%3")
                      .arg(machine.source)
                      .arg(shown(machine.guest.ns), shown(machine.guest.name)),
                  title, parent),
      m_services(services), m_machine(machine)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_header = new PageHeader(this);
    m_header->setStatus(tr("bootstrap of %1/%2").arg(shown(machine.guest.ns), shown(machine.guest.name)));
    auto* keep = m_header->addButton("save", tr("Save all of it to a file…"));
    auto* again = m_header->addButton("refresh", tr("Look anew"));
    layout->addWidget(m_header);
    m_view = new BootstrapView(this);
    layout->addWidget(m_view, 1);
    setFocusProxy(m_view->timeLine());
    connect(keep, &QToolButton::clicked, this, [this] {
        askToSave(this, this->title() + QStringLiteral("-bootstrap.txt"),
                  [text = m_view->text()] { return text; });
    });
    connect(again, &QToolButton::clicked, this, &BootstrapPage::begin);
    connect(m_view, &BootstrapView::changed, this, [this] {
        setState(m_view->state().outcome == console::StageState::Done ? State::Ended : State::Open);
        noteNews();
    });
}

void BootstrapPage::enter()
{
    m_view->timeLine()->setFocus(Qt::ShortcutFocusReason);
}

void BootstrapPage::showEvent(QShowEvent* event)
{
    SessionPage::showEvent(event);
    seen();
    if (!m_started)
        begin();
}

void BootstrapPage::begin()
{
    m_started = true;
    setState(State::Connecting);
    m_view->follow(m_services, m_machine);
}

} // namespace strata::ui
