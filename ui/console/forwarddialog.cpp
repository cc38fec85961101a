// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/forwarddialog.h"

#include "ui/widgets/text.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace strata::ui {

ForwardDialog::ForwardDialog(const ConsoleTargets& targets, const ConsoleServices* services, QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Forward a port"));
    auto* layout = new QVBoxLayout(this);
    auto* form = new QFormLayout;
    m_target = new QComboBox(this);
    if (targets.guest) {
        m_choices.push_back(
            {targets.guest->source, {targets.guest->guest.ns, targets.guest->guest.name, true, 22, false}});
        m_target->addItem(tr("VM %1").arg(shown(targets.guest->guest.name)));
    }
    for (const PodTarget& pod : targets.pods) {
        if (!pod.running || targets.launcher)
            continue;
        m_choices.push_back({pod.source, {pod.ns, pod.name, false, 80, false}});
        m_target->addItem(tr("Pod %1").arg(shown(pod.name)));
    }
    m_target->setMinimumContentsLength(28);
    form->addRow(tr("&Lead to"), m_target);
    m_port = new QSpinBox(this);
    m_port->setRange(1, 65535);
    form->addRow(tr("Its &port"), m_port);
    m_local = new QSpinBox(this);
    m_local->setRange(0, 65535);
    m_local->setSpecialValueText(tr("any that is free"));
    form->addRow(tr("Port of &this machine"), m_local);
    layout->addLayout(form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_yes = buttons->addButton(tr("Forward"), QDialogButtonBox::AcceptRole);
    m_yes->setDefault(true);
    m_yes->setEnabled(!m_choices.empty());
    layout->addWidget(buttons);
    const auto usual = [this](int index) {
        if (index >= 0)
            m_port->setValue(m_choices[std::size_t(index)].target.port);
    };
    connect(m_target, &QComboBox::currentIndexChanged, this, usual);
    usual(m_target->currentIndex());
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Choice choice = m_choices[std::size_t(m_target->currentIndex())];
        choice.target.port = std::uint16_t(m_port->value());
        Q_EMIT forwardWanted(choice.source, choice.target, quint16(m_local->value()));
        accept();
    });
    if (services == nullptr || !services->servicePorts)
        return;
    stack::SourceId source = 0;
    std::string ns;
    if (!targets.launcher && !targets.pods.empty()) {
        source = targets.pods.front().source;
        ns = targets.pods.front().ns;
    } else if (targets.guest) {
        source = targets.guest->source;
        ns = targets.guest->guest.ns;
    }
    if (!ns.empty())
        services->servicePorts(source, ns, this,
                               [this, source, ns](const Result<std::vector<console::ServicePort>>& all) {
                                   if (all)
                                       addServices(source, ns, *all);
                               });
}

void ForwardDialog::addServices(stack::SourceId source, const std::string& ns,
                                const std::vector<console::ServicePort>& ports)
{
    for (const console::ServicePort& port : ports) {
        m_choices.push_back({source, {ns, port.service, false, port.port, true}});
        m_target->addItem(port.name.empty()
                              ? tr("Service %1, port %2").arg(shown(port.service)).arg(port.port)
                              : tr("Service %1, port %2 (%3)")
                                    .arg(shown(port.service))
                                    .arg(port.port)
                                    .arg(shown(port.name)));
    }
    m_yes->setEnabled(!m_choices.empty());
}

} // namespace strata::ui
