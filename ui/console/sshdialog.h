// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/targets.h"
#include "ui/console/consoletargets.h"

#include <QDialog>

class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace strata::ui {

// As whom and with which key to go into a VM by SSH.
class SshDialog : public QDialog {
    Q_OBJECT

public:
    enum class Key { Tenant, File, Agent };

    explicit SshDialog(const GuestConsole& guest, QWidget* parent = nullptr);

    QLineEdit* userField() const { return m_user; }
    QSpinBox* portBox() const { return m_port; }
    QComboBox* keyBox() const { return m_key; }
    QLineEdit* secretField() const { return m_secret; }
    QLineEdit* fileField() const { return m_file; }
    QPushButton* openButton() const { return m_open; }
    console::SshTarget target() const;

Q_SIGNALS:
    void sshWanted(quint32 cluster, const strata::console::SshTarget& target);

private:
    void refresh();

    GuestConsole m_guest;
    QLineEdit* m_user = nullptr;
    QSpinBox* m_port = nullptr;
    QComboBox* m_key = nullptr;
    QLineEdit* m_secret = nullptr;
    QWidget* m_fileRow = nullptr;
    QLineEdit* m_file = nullptr;
    QPushButton* m_open = nullptr;
};

} // namespace strata::ui
