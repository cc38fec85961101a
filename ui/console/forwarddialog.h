// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"
#include "ui/console/services.h"

#include <QDialog>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace strata::ui {

// Which port of what, and under which port of this machine.
class ForwardDialog : public QDialog {
    Q_OBJECT

public:
    // With services, the Services of the namespace are offered, too, once they are known.
    ForwardDialog(const ConsoleTargets& targets, const ConsoleServices* services, QWidget* parent = nullptr);

    QComboBox* targetBox() const { return m_target; }
    QSpinBox* portBox() const { return m_port; }
    QSpinBox* localBox() const { return m_local; }
    QPushButton* forwardButton() const { return m_yes; }

Q_SIGNALS:
    void forwardWanted(quint32 cluster, const strata::console::ForwardTarget& target, quint16 localPort);

private:
    struct Choice {
        stack::SourceId source;
        console::ForwardTarget target;
    };
    void addServices(stack::SourceId source, const std::string& ns,
                     const std::vector<console::ServicePort>& ports);
    std::vector<Choice> m_choices;
    QComboBox* m_target = nullptr;
    QSpinBox* m_port = nullptr;
    QSpinBox* m_local = nullptr;
    QPushButton* m_yes = nullptr;
};

} // namespace strata::ui
