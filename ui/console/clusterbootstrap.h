// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/console/services.h"

#include <QTimer>
#include <QWidget>

#include <string>
#include <vector>

class QComboBox;

namespace strata::ui {

class BootstrapView;
class ThemedLabel;

// The machines of a tenant cluster that is being made: which there are, and the bootstrap of one of them.
// Goes on to the next by itself when one has come through, until somebody chooses.
class ClusterBootstrap : public QWidget {
    Q_OBJECT

public:
    explicit ClusterBootstrap(QWidget* parent = nullptr);

    void follow(const ConsoleServices& services, stack::SourceId cluster, const std::string& ns,
                const std::string& tenant);
    void stop();
    QComboBox* machineBox() const { return m_box; }
    BootstrapView* view() const { return m_view; }

private:
    void ask();
    void take(const std::vector<std::string>& names);
    void choose(int index);

    ConsoleServices m_services;
    stack::SourceId m_cluster = 0;
    std::string m_ns;
    std::string m_tenant;
    std::vector<std::string> m_names;
    std::string m_current;
    std::vector<std::string> m_done;
    bool m_chosen = false; // by the operator
    QTimer m_timer;
    ThemedLabel* m_none = nullptr;
    QComboBox* m_box = nullptr;
    BootstrapView* m_view = nullptr;
};

} // namespace strata::ui
