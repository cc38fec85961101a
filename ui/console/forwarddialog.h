// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/consoletargets.h"

#include <QDialog>

class QComboBox;
class QSpinBox;

namespace strata::ui {

// Which port of what, and under which port of this machine.
class ForwardDialog : public QDialog {
    Q_OBJECT

public:
    explicit ForwardDialog(const ConsoleTargets& targets, QWidget* parent = nullptr);

    QComboBox* targetBox() const { return m_target; }
    QSpinBox* portBox() const { return m_port; }
    QSpinBox* localBox() const { return m_local; }

Q_SIGNALS:
    void forwardWanted(quint32 cluster, const strata::console::ForwardTarget& target, quint16 localPort);

private:
    struct Choice {
        stack::SourceId source;
        console::ForwardTarget target;
    };
    std::vector<Choice> m_choices;
    QComboBox* m_target = nullptr;
    QSpinBox* m_port = nullptr;
    QSpinBox* m_local = nullptr;
};

} // namespace strata::ui
