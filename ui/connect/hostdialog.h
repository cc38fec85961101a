// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/connect/services.h"

#include <QDialog>

#include <memory>

namespace strata::ui {

// "Enrol a host": a libvirt URI, checked as one types and tried on demand.
class HostDialog : public QDialog {
    Q_OBJECT

public:
    explicit HostDialog(const ConnectServices& services, QWidget* parent = nullptr);
    ~HostDialog() override;

    void setUri(const QString& uri);
    QByteArray report() const; // the checks of a host that was tested, as JSON; empty before

Q_SIGNALS:
    void connectHost(const QString& uri, const QString& name);

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
