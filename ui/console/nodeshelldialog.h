// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/targets.h"
#include "ui/console/consoletargets.h"

#include <QDialog>

class QComboBox;

namespace strata::ui {

// What a shell on a node takes: a privileged pod, and from which image.
class NodeShellDialog : public QDialog {
    Q_OBJECT

public:
    explicit NodeShellDialog(const NodeTarget& node, QWidget* parent = nullptr);
    QComboBox* imageBox() const { return m_image; }

Q_SIGNALS:
    void shellWanted(quint32 cluster, const strata::console::NodeShellTarget& target);

private:
    QComboBox* m_image = nullptr;
};

} // namespace strata::ui
