// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checks/check.h"
#include "core/checks/report.h"
#include "core/stack/item.h"

#include <QAbstractTableModel>
#include <QString>

#include <optional>
#include <vector>

namespace strata::ui {

// One host of the table: what is known of it already, and how far the asking has come.
struct CheckedHost {
    checks::Subject subject; // with the inventory once it has come
    bool asking = false;
    QString error; // why there is no inventory
};

// A row a check, a column a host; the first column names the check. Verdicts are worked out anew whenever a
// host or the profile changes.
class CheckModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setProfile(const checks::Profile& profile);
    void setHosts(std::vector<CheckedHost> hosts);
    void setHost(int column, CheckedHost host); // column 1 is the first host
    const std::vector<CheckedHost>& hosts() const { return m_hosts; }
    const std::vector<checks::HostReport>& reports() const { return m_reports; }
    const checks::Check* check(const QModelIndex& index) const; // null for the first column
    const checks::Profile& profile() const { return *m_profile; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void judge();

    std::vector<CheckedHost> m_hosts;
    std::vector<checks::HostReport> m_reports; // one a host
    const checks::Profile* m_profile = &checks::Profile::lab();
};

stack::Health healthOf(checks::Verdict verdict);
QString verdictText(checks::Verdict verdict);

} // namespace strata::ui
