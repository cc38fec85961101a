// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/demomenu.h"

#include <QAction>
#include <QActionGroup>
#include <QLocale>

#include <cmath>

namespace strata::ui {
namespace {

constexpr double kSpeeds[] = {1, 5, 20, 100};
constexpr double kStep = 60; // seconds

// Text that is shown as it is: an ampersand would be a mnemonic.
QString plain(QString text)
{
    return text.replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace

DemoMenu::DemoMenu(const DemoServices& services, QWidget* parent)
    : QMenu(tr("&Demo"), parent), m_services(services)
{
    setToolTipsVisible(true);
    m_pause = addAction(tr("&Pause the site's time"));
    m_pause->setCheckable(true);
    connect(m_pause, &QAction::triggered, this, [this](bool on) { m_services.setPaused(on); });
    m_step = addAction(tr("&One minute on"));
    m_step->setToolTip(tr("All that the site would do in its next minute happens now"));
    connect(m_step, &QAction::triggered, this, [this] { m_services.step(kStep); });
    QMenu* speed = addMenu(tr("&Speed"));
    m_speeds = new QActionGroup(this);
    for (const double times : kSpeeds) {
        QAction* action = speed->addAction(tr("%1 times").arg(QLocale().toString(times)));
        action->setCheckable(true);
        action->setData(times);
        m_speeds->addAction(action);
        connect(action, &QAction::triggered, this, [this, times] { m_services.setSpeed(times); });
    }
    addSeparator();
    m_scenarios = addMenu(tr("Play a s&cenario"));
    m_healAll = addAction(tr("&Heal all faults"));
    connect(m_healAll, &QAction::triggered, this, [this] {
        for (const QAction* fault : std::as_const(m_faults))
            m_services.setFault(fault->data().toString(), false);
    });
    addSeparator();
    connect(this, &QMenu::aboutToShow, this, [this] {
        build();
        update();
    });
    menuAction()->setVisible(false);
}

void DemoMenu::refresh()
{
    menuAction()->setVisible(m_services.running && m_services.running());
}

void DemoMenu::build()
{
    if (m_built || !m_services.faults)
        return;
    m_built = true;
    const auto scenarios = m_services.scenarios();
    for (const DemoServices::Entry& scenario : scenarios) {
        QAction* action = m_scenarios->addAction(plain(scenario.text));
        connect(action, &QAction::triggered, this, [this, name = scenario.name] { m_services.play(name); });
    }
    QMenu* layer = nullptr;
    QString group;
    const auto faults = m_services.faults();
    for (const DemoServices::Entry& fault : faults) {
        if (layer == nullptr || group != fault.group) {
            layer = addMenu(plain(fault.group));
            group = fault.group;
            connect(layer, &QMenu::aboutToShow, this, [this] { update(); });
        }
        QAction* action = layer->addAction(plain(fault.text));
        action->setCheckable(true);
        action->setData(fault.name);
        connect(action, &QAction::triggered, this,
                [this, name = fault.name](bool on) { m_services.setFault(name, on); });
        m_faults << action;
    }
}

void DemoMenu::update()
{
    m_pause->setChecked(m_services.paused());
    const double speed = m_services.speed();
    for (QAction* action : m_speeds->actions())
        action->setChecked(std::abs(action->data().toDouble() - speed) < 0.01);
    bool any = false;
    for (QAction* fault : std::as_const(m_faults)) {
        fault->setChecked(m_services.fault(fault->data().toString()));
        any = any || fault->isChecked();
    }
    m_healAll->setEnabled(any);
}

} // namespace strata::ui
