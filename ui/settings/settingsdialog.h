// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QCheckBox;
class QComboBox;
class QListWidget;
class QPushButton;
class QSpinBox;

namespace strata::ui {

class Workspace;

// Few settings; each works at once, so there is nothing to apply.
class SettingsDialog : public QDialog {
    Q_OBJECT

public:
    explicit SettingsDialog(Workspace* workspace, QWidget* parent = nullptr);

private:
    void store();
    void fillConnections();

    Workspace* m_workspace;
    QComboBox* m_theme = nullptr;
    QSpinBox* m_font = nullptr;
    QCheckBox* m_reopen = nullptr;
    QCheckBox* m_notify = nullptr;
    QSpinBox* m_events = nullptr;
    QListWidget* m_connections = nullptr;
    QPushButton* m_forget = nullptr;
};

} // namespace strata::ui
